/** What the command says of itself. */
export const USAGE = `npx querywire check <url> [options]

Acts as a client of the server at <url>, a ws:// or wss:// address, and says of each rule of docs/PROTOCOL.md whether
the server keeps it. Needs the package ws. It writes messages into one room, and deletes them afterwards.

  --token <token>      of a user
  --as <token>         of a second user: for everything that takes two
  --auth <way>         how tokens travel: query (?token=, the default), bearer (subprotocol), frame (auth {token})
  --room <id>          the room to check in; without it, one that both users are in
  --level <0-3>        the level to be kept; without it, the one that the server claims
  --only <name>        rules by id (P52) or by words of their title; may be given again
  --domain <file>      for servers without chats: a .json file, or a module; see docs/check.md
  --restart <command>  ends the server and starts it again: nothing that was answered may be lost
  --timeout <ms>       for one answer, 10000 by default
  --json               prints one JSON object, a CheckReport of querywire/check
  --all                also prints the rules that are not offered or not tried

Exit code: 0 if the level is kept, 1 if it is not, 2 if the command was not understood.
`

/** Rules that nobody can try from outside, and why not. */
export const UNCHECKED: Readonly<Record<string, string>> = {
  P23: "a check would have to write into other rooms than the one that it was given, to see that a room's endpoint does not hear them",
  P25: 'the tokens would have to run out while the check goes on',
  P26: 'a server goes down when its operator says so: draining cannot be asked for',
  P27: 'what is lost inside a server, and told by resync_required, cannot be lost from outside',
  P29: 'online and offline are seen by others only after their own time',
  P119: 'the log would have to be older than what it keeps',
  P122: 'restoring a backup, after which the epoch has to change, is not for a check to do',
  P123: 'that heads are read from what is stored shows only where another process writes',
  P139: 'overload would have to be brought about, for "unavailable" and its hint',
  P162: 'nothing that a client sends makes a server write a message piece by piece',
  P163: 'nothing that a client sends makes a server write a message piece by piece',
  P164: 'nothing that a client sends makes a server write a message piece by piece',
  P165: 'nothing that a client sends makes a server write a message piece by piece, which could then be stopped',
  P141: 'how a server closes when it goes down for a reason of its own is seen only then',
}

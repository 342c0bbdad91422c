/** What npm says after `npm ci` where its Node is older than the tools’: one sentence, instead of a warning for each of them. */
const OLDEST_OF_TOOLS = 22
const [, version, major] = /node\/v((\d+)\S*)/.exec(process.env.npm_config_user_agent ?? '') ?? []

if (Number(major) < OLDEST_OF_TOOLS) {
  console.error(
    `npm runs on Node ${version}, which is enough: every \`npm run\` script uses Node 24, which was just installed.`,
  )
}

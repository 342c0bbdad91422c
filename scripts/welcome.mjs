// What npm says at the end of `npm ci` or `npm install` where its Node is older than the tools': one sentence. npm itself would warn of
// each of them, in eighty lines; `.npmrc` has it say errors only.
const OLDEST_OF_TOOLS = 22
const [, version, major] = /node\/v((\d+)\S*)/.exec(process.env.npm_config_user_agent ?? '') ?? []

if (Number(major) < OLDEST_OF_TOOLS) {
  console.error(
    `npm runs on Node ${version}, which is enough: every \`npm run\` script uses Node 24, which was just installed.`,
  )
}

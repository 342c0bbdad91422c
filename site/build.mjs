// Builds the site into `dist`: `node site/build.mjs`. scripts/docs.mjs has installed what this takes.
import { join } from 'node:path'
import { build } from 'vitepress'
import { stage } from './stage.mjs'

const site = import.meta.dirname
await stage(join(site, '..'))
await build(site)

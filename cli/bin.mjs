#!/usr/bin/env node
// What `npx sluice` runs. The command line is TypeScript that Node 22.18 and later reads as it is; on an older Node this
// file starts the newer one that npm installed beside it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const bundledNode = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main)
} else if (existsSync(bundledNode)) {
  const child = spawn(bundledNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
} else {
  console.error(`sluice needs Node 22.18 or newer; this is ${process.version}.\nRun \`npm ci\` in the checkout: it brings one along.`)
  process.exit(2)
}

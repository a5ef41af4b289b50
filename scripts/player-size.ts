/**
 * What the player weighs, minified and Brotli-compressed: the engine as it starts, the engine with all that it may load later
 * (MPEG-TS, packed audio, AES-128), and <sluice-player> with its controls. `node scripts/player-size.ts` prints it;
 * tests/repo/player-size.test.ts holds it to its budget.
 */
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

const ROOT = path.resolve(import.meta.dirname, '..')

/** Bytes after minification, and after Brotli and gzip at their best. */
export interface BundleSize {
  minified: number
  brotli: number
  gzip: number
}

/** A script of a build. */
export interface Script {
  /** Its address, relative to the entry. */
  name: string
  code: string
  /** Loaded before the page's script runs; the others when something needs them. */
  atOnce: boolean
}

/** Bundles one entry, a path relative to the checkout, as a page would get it: the entry is the first script, `entry.js`. */
export async function bundle(entry: string, format: 'es' | 'iife' = 'es'): Promise<Script[]> {
  const result = await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'error',
    worker: { rolldownOptions: { output: { comments: false } } },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: { entry: path.join(ROOT, entry) }, name: 'player', formats: [format] },
      rolldownOptions: {
        // What later scripts share with the entry stays in it.
        preserveEntrySignatures: 'allow-extension',
        // Said here, because vite keeps white space and annotations in ES libraries, which it does not in pages.
        output: { minify: true, comments: false, entryFileNames: 'entry.js', chunkFileNames: '[name].js' },
      },
    },
  })
  const chunks = [result]
    .flat()
    .flatMap((one) => ('output' in one ? one.output : []))
    .filter((one) => one.type === 'chunk')
  const atOnce = new Set(['entry.js'])
  // A set that grows while it is walked: what is imported by what is loaded at once is, too.
  for (const name of atOnce) for (const imported of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) atOnce.add(imported)
  const scripts = chunks.map(({ fileName, code }) => ({ name: fileName, code, atOnce: atOnce.has(fileName) }))
  return scripts.toSorted((a, b) => Number(b.name === 'entry.js') - Number(a.name === 'entry.js'))
}

/**
 * What an entry weighs with what it loads at once; `all`: with everything that it may load, the worker too, but for the
 * worker's code once more, which runs on the main thread where no worker may.
 */
export async function bundleSize(entry: string, { all = false } = {}): Promise<BundleSize> {
  // media/ loads nothing later: what is one script is smallest so.
  const scripts = (await bundle(entry, entry.startsWith('media/') ? 'iife' : 'es')).filter(
    ({ name, atOnce }) => (all && name !== 'convert.js') || atOnce,
  )
  const sum = (size: (code: string) => number): number => scripts.reduce((total, { code }) => total + size(code), 0)
  return {
    minified: sum((code) => Buffer.byteLength(code)),
    brotli: sum((code) => brotliCompressSync(code).byteLength),
    gzip: sum((code) => gzipSync(code, { level: 9 }).byteLength),
  }
}

if (import.meta.main) {
  for (const [entry, all] of [
    ['player/engine/engine.ts', false],
    ['player/engine/engine.ts', true],
    ['player/index.ts', false],
  ] as const) {
    const { minified, brotli } = await bundleSize(entry, { all })
    const name = all ? `${entry}, all` : entry
    console.log(
      `${name.padEnd(30)} ${(minified / 1000).toFixed(1).padStart(7)} kB minified ${(brotli / 1000).toFixed(1).padStart(7)} kB Brotli`,
    )
  }
}

/**
 * What the player weighs, minified and Brotli-compressed: the engine alone, and <sluice-player> with its controls.
 * `node scripts/player-size.ts` prints it; tests/repo/player-size.test.ts holds it to its budget.
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

/** Bundles one entry, a path relative to the checkout, as a page would get it. */
export async function bundleSize(entry: string): Promise<BundleSize> {
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    // As iife: vite keeps the white space of ES libraries.
    build: { write: false, lib: { entry: path.join(ROOT, entry), name: 'player', formats: ['iife'] }, minify: true, target: 'es2022' },
  })
  const chunks = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
  const code = chunks.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
  return { minified: Buffer.byteLength(code), brotli: brotliCompressSync(code).byteLength, gzip: gzipSync(code, { level: 9 }).byteLength }
}

if (import.meta.main) {
  for (const entry of ['player/engine/engine.ts', 'player/index.ts']) {
    const { minified, brotli } = await bundleSize(entry)
    console.log(
      `${entry.padEnd(26)} ${(minified / 1000).toFixed(1).padStart(7)} kB minified ${(brotli / 1000).toFixed(1).padStart(7)} kB Brotli`,
    )
  }
}

/** Writes a chart as the name of its file asks: the SVG as it is, or a PNG of it, with a font of our own, so that it looks alike on every machine. */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure, Usage } from './failure.ts'

/** Twice the size of the SVG: sharp on today's screens. */
const SCALE = 2

/** Throws `Usage` for a name that ends otherwise: ask before the work is done. */
export function chartFormat(file: string): 'svg' | 'png' {
  const ending = path.extname(file).toLowerCase()
  if (ending === '.svg' || ending === '.png') return ending === '.svg' ? 'svg' : 'png'
  throw new Usage(`A chart is written as .svg or .png; ${file} is neither.`, 'Example: --chart chart.svg')
}

/** Throws `Failure` when the file cannot be written. */
export async function writeChart(file: string, svg: string): Promise<void> {
  const content = chartFormat(file) === 'svg' ? svg : await toPng(svg)
  await writeFile(file, content).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new Failure(`${file} cannot be written (${code}).`, 'Does its folder exist, and may you write there?')
  })
}

/** By resvg, which is one WebAssembly file, the same everywhere; loaded only when somebody wants a picture. */
async function toPng(svg: string): Promise<Uint8Array> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
  started ??= initWasm(readFile(fileURLToPath(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))))
  await started
  const fonts = [
    import.meta.resolve('@fontsource/inter/files/inter-latin-400-normal.woff2'),
    import.meta.resolve('@fontsource/inter/files/inter-latin-600-normal.woff2'),
    import.meta.resolve('@fontsource/inter/files/inter-greek-400-normal.woff2'),
  ]
  const fontBuffers = await Promise.all(fonts.map((url) => readFile(fileURLToPath(url))))
  const font = { fontBuffers, loadSystemFonts: false, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' }
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: SCALE } }).render().asPng()
}

/** It may be started once in a process. */
let started: Promise<void> | null = null

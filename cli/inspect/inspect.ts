/** `sluice inspect FILE|URL`: what is in a media file, where it lies, and what is wrong with it. */
import { fileURLToPath } from 'node:url'
import { styleText } from 'node:util'
import { openMedia } from '../../media/container/open.ts'
import type { MediaFile } from '../../media/container/model.ts'
import { dissect } from '../../media/dissect/dissect.ts'
import type { Dissector, DissectNode } from '../../media/dissect/model.ts'
import { describeFile, GENEROUS, keyframeSeconds, type ReportLimits } from '../../media/dissect/report.ts'
import { isMedia } from '../../media/dissect/report-tree.ts'
import { MediaError } from '../../media/errors.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { openFile } from './file-source.ts'
import { findNode } from './find-node.ts'
import { type Output, output } from './output.ts'
import type { OpenedSource } from './opened-source.ts'
import { listBoxes } from './print-boxes.ts'
import { fieldRows, hexRows } from './print-hex.ts'
import { chooseTrack, printSamples } from './print-samples.ts'
import { problemLines, summaryAbove, summaryBelow } from './print-summary.ts'
import { printTree } from './print-tree.ts'
import { refuse } from './refuse.ts'
import { openUrl } from './url-source.ts'
import { moment, thousands } from './words.ts'

export const inspect = command({
  name: 'inspect',
  about: 'Show what is in an MP4, MOV, WebM or Matroska file: its boxes, tracks and keyframes, and what is wrong with it.',
  args: {
    file: { type: 'positional', required: true, valueHint: 'FILE|URL', description: 'a file, or a URL that is read by byte ranges' },
    boxes: { type: 'boolean', description: 'every box or element in one flat list: offset, size, type, path' },
    samples: { type: 'string', valueHint: 'track=1', description: 'the samples of a track: offset, size, times, keyframes' },
    keyframes: { type: 'boolean', description: 'the times of all keyframes, one a line' },
    hex: { type: 'string', valueHint: 'BOX', description: 'the bytes and fields of a box: avcC, or moov/trak[2]/mdia/mdhd' },
    'max-bytes': { type: 'string', default: '65536', valueHint: 'N', description: 'how much of a box --hex shows' },
    fields: { type: 'boolean', description: 'every decoded field in the tree, a line each' },
  },
  examples: [
    'sluice inspect film.mp4',
    'sluice inspect https://example.com/film.mp4 --json',
    'sluice inspect film.mp4 --samples track=1',
    'sluice inspect film.mp4 --hex moov/trak[1]/mdia/mdhd',
  ],
  run: async (args, json) => {
    const modes = ['boxes', 'samples', 'keyframes', 'hex', 'fields'].filter(
      (name) => args[name as 'boxes'] !== undefined && args[name as 'boxes'] !== false,
    )
    if (modes.length > 1) throw new Usage(`--${modes.join(' and --')} exclude each other.`, 'Ask for one at a time.')
    const maxBytes = Number(args['max-bytes'])
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw new Usage('--max-bytes is a number of bytes.')
    const source = await open(args.file)
    try {
      const dissector = await dissect(source)
      if (dissector === null) throw await refuse(source, source.label)
      const out = output()
      const file: Opened = { source, dissector, media: () => openMedia(source), json, out }
      const code = await show(file, { ...args, maxBytes })
      await out.end()
      return code
    } finally {
      await source.close()
    }
  },
})

interface Opened {
  source: OpenedSource
  dissector: Dissector
  media: () => Promise<MediaFile>
  json: boolean
  out: Output
}

interface Wanted {
  boxes?: boolean | undefined
  samples?: string | undefined
  keyframes?: boolean | undefined
  hex?: string | undefined
  fields?: boolean | undefined
  maxBytes: number
}

function show(file: Opened, wanted: Wanted): Promise<number> {
  if (wanted.boxes === true) return listBoxes(file.dissector, ahead(file.source), file.json, file.out)
  if (wanted.samples !== undefined) return showSamples(file, wanted.samples)
  if (wanted.keyframes === true) return showKeyframes(file)
  if (wanted.hex !== undefined) return showHex(file, wanted.hex, wanted.maxBytes)
  return showAll(file, wanted.fields === true)
}

function open(file: string): Promise<OpenedSource> {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(file)) return openFile(file)
  if (!URL.canParse(file)) throw new Usage('This URL cannot be read.', 'Write https://HOST/PATH.')
  const url = new URL(file)
  if (url.protocol === 'file:') return openFile(fileURLToPath(url))
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Usage(`sluice inspect reads files and http(s) URLs, not ${url.protocol}//`, 'Download it first.')
  return openUrl(url)
}

/** A URL is asked this often for the tree; then it ends, and says so. */
const MAX_TREE_REQUESTS = 24
/** Local files whose samples lie all over them are read through up to this size; above, on request (--keyframes). */
const MAX_SCANNED_BYTES = 2 * 1024 ** 3

async function showAll({ source, dissector, media, json, out }: Opened, fields: boolean): Promise<number> {
  const { traffic } = source
  const limits: ReportLimits = {
    ...GENEROUS,
    repeats: json ? GENEROUS.repeats : 3,
    samples: traffic !== null || source.size > MAX_SCANNED_BYTES ? 'tables' : 'all',
    glance: traffic !== null,
    stop: () => traffic !== null && traffic.requests >= MAX_TREE_REQUESTS,
    prefetch: ahead(source),
  }
  const report = await describeFile(source, dissector, media, limits)
  const code = report.unreadable !== null || report.problems.some(({ severity }) => severity === 'error') ? 1 : 0
  if (json) {
    await out.line(JSON.stringify({ file: source.label, ...report, traffic }, null, 2))
    return code
  }
  const colour = process.stdout.isTTY && process.stdout.hasColors() && (process.env['NO_COLOR'] ?? '') === ''
  const style = { width: columns(), colour, fields }
  const below = summaryBelow(report, traffic)
  const wrong = problemLines(report)
  const lines = [
    ...summaryAbove(report, source.label),
    '',
    ...printTree('Container Structure:', report.tree, style),
    ...(below.length > 0 ? ['', ...below] : []),
    ...(wrong.length > 0
      ? ['', ...wrong.map((line) => (colour && code === 1 ? styleText('red', line, { validateStream: false }) : line))]
      : []),
  ]
  for (const line of lines) await out.line(line)
  return code
}

/** As wide as the terminal says; where there is none, a width that reads well in a mail or an editor. */
function columns(): number {
  const told = Number(process.env['COLUMNS'])
  const width = process.stdout.isTTY ? process.stdout.columns : Number.isSafeInteger(told) && told > 0 ? told : 100
  return Math.min(200, Math.max(60, width))
}

function ahead(source: OpenedSource): (node: DissectNode) => Promise<void> {
  return async (node) => {
    if (!isMedia(node)) await source.prefetch(node.offset, node.size)
  }
}

async function showSamples({ media, json, out }: Opened, wanted: string): Promise<number> {
  const file = await readable(media())
  await readable(printSamples(file, chooseTrack(file, wanted), json, out))
  return 0
}

async function showKeyframes({ media, json, out }: Opened): Promise<number> {
  const file = await readable(media())
  const track = file.tracks.find(({ kind }) => kind === 'video')
  if (track === undefined) throw new Failure('The file has no picture: one can seek to any of its samples.')
  const seconds = keyframeSeconds(track, await readable(file.samples(track.id)), Infinity)
  if (json) await out.line(JSON.stringify({ trackId: track.id, count: seconds.length, seconds }))
  else for (const second of seconds) await out.line(moment(second))
  return 0
}

async function showHex({ source, dissector, json, out }: Opened, wanted: string, maxBytes: number): Promise<number> {
  const { node, path } = await findNode(dissector, wanted, ahead(source))
  const shown = Math.min(node.size, maxBytes)
  const bytes = await source.read(node.offset, shown)
  const { fields, problems } = await dissector.fields(node)
  const wrong = [...node.problems, ...problems]
  if (json) {
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
    const { type, name, offset, headerBytes, size } = node
    await out.line(JSON.stringify({ path, type, name, offset, headerBytes, size, hex, fields, problems: wrong }, null, 2))
  } else {
    await out.line(
      `${path}${node.name === '' ? '' : ` (${node.name})`}: ${thousands(node.size)} bytes @ offset ${thousands(node.offset)}\n`,
    )
    for (const row of hexRows(bytes, node.offset)) await out.line(row)
    if (shown < node.size) await out.line(`… ${thousands(node.size - shown)} bytes more; --max-bytes shows them`)
    if (fields.length > 0) await out.line('')
    for (const row of fieldRows(fields, bytes, node.offset)) await out.line(row)
    for (const { what } of wrong) await out.line(`! ${what}`)
  }
  return wrong.some(({ severity }) => severity === 'error') ? 1 : 0
}

/** Damage that stops a reader is a failure here: there is no tree to show it in. */
async function readable<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof MediaError)) throw error
    throw new Failure(`The file cannot be read: ${error.message}.`, 'Without options, sluice inspect shows it as far as it goes.')
  })
}

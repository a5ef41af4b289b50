/** `sluice demux FILE.ts`: what is in a transport stream, and its elementary streams as files. */
import { TsAnalyzer } from '../../media/mpegts/analyze/analyzer.ts'
import { type ElementaryFile, ElementaryWriter } from '../../media/mpegts/elementary/elementary-writer.ts'
import type { TsReport } from '../../media/mpegts/analyze/report.ts'
import { command } from '../command.ts'
import { Failure, Usage } from '../failure.ts'
import { bar, bytes, interruptible } from '../terminal.ts'
import { openInput } from './input.ts'
import { OutputFiles } from './output-files.ts'
import { checkPlaylists } from './playlists.ts'
import { describeReport } from './print-report.ts'

/** Below this it is over before a bar says anything. */
const BAR_FROM_BYTES = 100_000_000
const BAR_EACH_MS = 100

export const demux = command({
  name: 'demux',
  about:
    'Analyse an MPEG transport stream: tables, packets, time stamps, codecs, what is wrong; write its elementary streams. ' +
    'Of an HLS playlist, check the segments against each other. Exit code 1: something is lost or damaged.',
  args: {
    file: { type: 'positional', required: true, description: 'a .ts, .m2ts or .m3u8 file or URL, or - for standard input' },
    output: {
      type: 'string',
      alias: 'o',
      valueHint: 'DIR',
      description: 'folder for video.h264, audio.aac and so on; without it nothing is written',
    },
  },
  examples: [
    'sluice demux segment_000.ts',
    'sluice demux recording.m2ts --output streams/',
    'sluice demux https://example.com/live/master.m3u8 --json',
    'ffmpeg -i in.mp4 -c copy -f mpegts - | sluice demux -',
  ],
  run: (args, json) => {
    const { file, output } = args
    if (output === '') throw new Usage('--output is a folder.', 'Leave it out to write nothing.')
    if (!/\.m3u8?(\?|#|$)/i.test(file)) return interruptible((signal) => demuxFile(file, { output: output ?? null, json, signal }))
    if (output !== undefined)
      throw new Usage('--output is for one transport stream, not for a playlist.', 'Give a segment, or leave it out.')
    return interruptible((signal) => checkPlaylists(file, { json, signal }))
  },
})

interface Options {
  output: string | null
  json: boolean
  signal: AbortSignal
}

async function demuxFile(address: string, { output, json, signal }: Options): Promise<number> {
  const input = await openInput(address, signal)
  const folder = output === null ? null : await OutputFiles.in(output)
  const writer = new ElementaryWriter((name, part) => folder?.put(name, part))
  const analyzer = new TsAnalyzer(writer)
  const show = progress(input.name, input.size, json)
  let files: ElementaryFile[] = []
  let report: TsReport
  try {
    for await (const slice of input.slices) {
      signal.throwIfAborted()
      analyzer.push(slice)
      await folder?.flush()
      show(slice.length)
    }
    report = analyzer.end()
    files = writer.end()
    await folder?.flush()
  } finally {
    await folder?.close()
  }
  if (report.packets === 0) {
    throw new Failure(
      `${input.name} is no MPEG transport stream: no packets of 188, 192 or 204 bytes were found in ${bytes(report.bytes)}.`,
      'sluice inspect reads MP4, MOV, WebM and MKV.',
    )
  }
  if (json) console.log(JSON.stringify({ file: address, ...report, output, files }, null, 2))
  else console.log(describeReport(input.name, report, files, output))
  return report.problems.errors > 0 ? 1 : 0
}

/** Shows how far it is, for long files on a terminal. */
function progress(name: string, size: number | null, silent: boolean): (taken: number) => void {
  if (size === null || size < BAR_FROM_BYTES || silent || !process.stdout.isTTY) return () => undefined
  const drawn = bar([name], false)
  let done = 0
  let shown = 0
  return (taken) => {
    done += taken
    const now = performance.now()
    if (now - shown < BAR_EACH_MS && done < size) return
    shown = now
    drawn.update(Math.min(1, done / size), `${bytes(done)} of ${bytes(size)}`)
  }
}

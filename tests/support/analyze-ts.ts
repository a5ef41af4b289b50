/** The analyser and the elementary writer over bytes, as the command line drives them, and what FFmpeg says of the same file. */
import { execa } from 'execa'
import { TsAnalyzer } from '../../media/mpegts/analyze/analyzer.ts'
import type { TsReport } from '../../media/mpegts/analyze/report.ts'
import { type ElementaryFile, ElementaryWriter } from '../../media/mpegts/elementary/elementary-writer.ts'

export interface Analyzed {
  report: TsReport
  files: ElementaryFile[]
  bytes: Map<string, Buffer>
}

/** `sliceBytes`: how long the slices are that it is given, one after the other, again and again. */
export function analyze(bytes: Uint8Array, sliceBytes: number[] = [65_536]): Analyzed {
  const parts = new Map<string, Buffer[]>()
  const writer = new ElementaryWriter((name, part) => {
    parts.set(name, [...(parts.get(name) ?? []), Buffer.from(part)])
  })
  const analyzer = new TsAnalyzer(writer)
  for (let at = 0, slice = 0; at < bytes.length; slice += 1) {
    const length = sliceBytes[slice % sliceBytes.length] ?? bytes.length
    // A copy that is overwritten at once: nothing may keep a view of it.
    const copy = Buffer.from(bytes.subarray(at, at + length))
    analyzer.push(copy)
    copy.fill(0x47)
    at += length
  }
  const report = analyzer.end()
  const files = writer.end()
  return { report, files, bytes: new Map([...parts].map(([name, list]) => [name, Buffer.concat(list)])) }
}

/** What FFmpeg copies out of a file: `map` as `0:v:0`, `format` with its options. */
export async function copied(file: string, map: string, format: string[]): Promise<Buffer> {
  const args = ['-nostdin', '-loglevel', 'fatal', '-i', file, '-map', map, '-c', 'copy', ...format, '-']
  const { stdout } = await execa('ffmpeg', args, { encoding: 'buffer', maxBuffer: 100_000_000 })
  return Buffer.from(stdout)
}

export interface ProbedPacket {
  pts: number
  dts: number
  key: boolean
}

/** `ffprobe -show_packets` of the stream with this PID. */
export async function probePackets(file: string, pid: number): Promise<ProbedPacket[]> {
  const args = ['-v', 'fatal', '-show_packets', '-select_streams', `i:${pid}`, '-show_entries', 'packet=pts,dts,flags', '-of', 'json', file]
  const { stdout } = await execa('ffprobe', args, { maxBuffer: 100_000_000 })
  const { packets } = JSON.parse(stdout) as { packets: { pts: number; dts: number; flags: string }[] }
  return packets.map(({ pts, dts, flags }) => ({ pts, dts, key: flags.includes('K') }))
}

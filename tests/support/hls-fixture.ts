/**
 * An HLS stream made by real FFmpeg, once per machine: three H.264 rungs with a burnt-in frame number, separate AAC, CMAF
 * segments of 2 s. The playlists are written here, so that tests can leave out or add what they like.
 */
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { frameCodeFilter } from './frame-code.ts'

export const FPS = 30
export const SEGMENT_S = 2
export const DURATION_S = 24
/** The rungs, best first; `label` is what the player calls them. */
export const RUNGS = [
  { id: '360p', label: '360p', width: 640, height: 360, kbps: 800 },
  { id: '240p', label: '240p', width: 426, height: 240, kbps: 350 },
  { id: '144p', label: '144p', width: 256, height: 144, kbps: 150 },
] as const

/** The folder of the stream: `master.m3u8`, `video-only.m3u8`, `audio-only.m3u8`, `<rung>/index.m3u8`, `audio/index.m3u8`. */
export async function hlsFixture(): Promise<string> {
  const args = ffmpegArgs()
  const recipe = createHash('sha256')
    .update(JSON.stringify([args, masterPlaylist(['360p', '240p', '144p'], true)]))
    .digest('hex')
    .slice(0, 16)
  const folder = path.join(tmpdir(), `sluice-hls-${recipe}`)
  if (await stat(folder).catch(() => null)) return folder
  const half = await mkdtemp(path.join(tmpdir(), 'sluice-hls-half-'))
  for (const id of [...RUNGS.map((rung) => rung.id), 'audio']) await mkdir(path.join(half, id))
  await promisify(execFile)(process.env['FFMPEG_PATH'] ?? 'ffmpeg', args, { cwd: half })
  await writeFile(path.join(half, 'master.m3u8'), masterPlaylist(['144p', '240p', '360p'], true))
  await writeFile(path.join(half, 'video-only.m3u8'), masterPlaylist(['144p', '240p', '360p'], false))
  await writeFile(
    path.join(half, 'audio-only.m3u8'),
    '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="mp4a.40.2"\naudio/index.m3u8\n',
  )
  // Another run may have been quicker: its folder is as good.
  await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }))
  return folder
}

/** A multivariant playlist of some rungs, in this order. */
export function masterPlaylist(ids: readonly string[], audio: boolean): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS']
  if (audio) lines.push('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,URI="audio/index.m3u8"')
  for (const id of ids) {
    const rung = RUNGS.find((candidate) => candidate.id === id)
    if (!rung) throw new Error(`no rung ${id}`)
    const bits = (rung.kbps + (audio ? 64 : 0)) * 1000
    const codecs = audio ? 'avc1.64001e,mp4a.40.2' : 'avc1.64001e'
    const group = audio ? ',AUDIO="sound"' : ''
    const rates = `BANDWIDTH=${Math.round(bits * 1.3)},AVERAGE-BANDWIDTH=${bits}`
    lines.push(`#EXT-X-STREAM-INF:${rates},CODECS="${codecs}",RESOLUTION=${rung.width}x${rung.height},FRAME-RATE=${FPS}${group}`)
    lines.push(`${id}/index.m3u8`)
  }
  return `${lines.join('\n')}\n`
}

/** A rendition's playlist as an EVENT one that has its first `count` segments so far. */
export async function eventPlaylist(folder: string, id: string, count: number, ended: boolean): Promise<string> {
  const lines = (await readFile(path.join(folder, id, 'index.m3u8'), 'utf8')).split('\n')
  const first = lines.findIndex((line) => line.startsWith('#EXTINF'))
  const head = lines.slice(0, first).map((line) => (line.startsWith('#EXT-X-PLAYLIST-TYPE') ? '#EXT-X-PLAYLIST-TYPE:EVENT' : line))
  const body = lines.slice(first, first + count * 2)
  return `${[...head, ...body, ...(ended ? ['#EXT-X-ENDLIST'] : [])].join('\n')}\n`
}

/** A media segment with its samples moved: `tfdt` (ISO/IEC 14496-12, 8.8.12) of every fragment plus some ticks. */
export function delayed(segment: Buffer, ticks: bigint): Buffer {
  const moved = Buffer.from(segment)
  for (let at = moved.indexOf('tfdt'); at >= 0; at = moved.indexOf('tfdt', at + 4)) {
    if (moved[at + 4] === 1) moved.writeBigUInt64BE(moved.readBigUInt64BE(at + 8) + ticks, at + 8)
    else moved.writeUInt32BE(moved.readUInt32BE(at + 8) + Number(ticks), at + 8)
  }
  return moved
}

function ffmpegArgs(): string[] {
  const size = RUNGS[0]
  const split = RUNGS.map((_, i) => `[s${i}]`).join('')
  // The code is burnt in after scaling, so that its blocks are sharp in every rung.
  const scales = RUNGS.map(
    (rung, i) => `[s${i}]scale=${rung.width}:${rung.height},setsar=1,${frameCodeFilter()},format=yuv420p[v${i}]`,
  ).join(';')
  const source = `testsrc2=size=${size.width}x${size.height}:rate=${FPS}:duration=${DURATION_S}`
  const hls = (id: string): string[] => [
    ...['-f', 'hls', '-hls_time', String(SEGMENT_S), '-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4'],
    ...['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', `${id}/%d.m4s`, `${id}/index.m3u8`],
  ]
  const gop = String(FPS * SEGMENT_S)
  return [
    ...['-hide_banner', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', source],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${DURATION_S}`],
    ...['-filter_complex', `[0:v]split=${RUNGS.length}${split};${scales}`],
    ...RUNGS.flatMap((rung, i) => [
      ...['-map', `[v${i}]`, '-c:v', 'libx264', '-preset', 'superfast', '-profile:v', 'high', '-level', '3.0', '-b:v', `${rung.kbps}k`],
      ...['-maxrate', `${rung.kbps}k`, '-bufsize', `${rung.kbps * 2}k`, '-g', gop, '-keyint_min', gop, '-sc_threshold', '0', '-bf', '0'],
      ...hls(rung.id),
    ]),
    ...['-map', '1:a', '-c:a', 'aac', '-b:a', '64k', '-ac', '2', ...hls('audio')],
  ]
}

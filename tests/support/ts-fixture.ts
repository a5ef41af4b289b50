/**
 * HLS streams of MPEG-TS and their relatives, made by real FFmpeg once per machine: 8 s each in segments of 2 s, with a frame
 * number burnt in. Playlists that FFmpeg does not write are put together here and in the tests.
 */
import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { frameCodeFilter } from './frame-code.ts'

export const FPS = 30
export const SEGMENT_S = 2
export const LENGTH_S = 8
/** The key of `aes/`, at `/key.bin`; FFmpeg names an initialization vector for all of it. */
export const KEY = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

const FOLDERS = ['hi', 'lo', 'picture', 'sound', 'single', 'aes', 'later', 'wrap', 'apart', 'mp3', 'cmaf', 'cmaf-later', 'adts', 'bare-mp3']

/**
 * Folders: `hi` and `lo` (TS, picture and sound), `picture` and `sound` (TS, one each), `single` (TS, byte ranges of one file),
 * `aes` (TS, AES-128), `later` (TS, frames 240 on, another size and rate of sound, time stamps from 5000 s on), `wrap` (`lo`
 * with time stamps that wrap after 4 s), `apart` (its sound 0.3 s later), `mp3` (its sound MP3), `cmaf` and `cmaf-later` (fMP4),
 * `adts` and `bare-mp3` (frames alone, 0.aac …); `film.mp4` is `cmaf` in one file.
 */
export async function tsFixture(): Promise<string> {
  const runs = [first(), later(), wrap(), apart(), adts(), mp3(), bareMp3(), film()]
  const recipe = createHash('sha256').update(JSON.stringify(runs)).digest('hex').slice(0, 16)
  const folder = path.join(tmpdir(), `sluice-ts-${recipe}`)
  if (await stat(folder).catch(() => null)) return folder
  const half = await mkdtemp(path.join(tmpdir(), 'sluice-ts-half-'))
  for (const name of FOLDERS) {
    await mkdir(path.join(half, name))
  }
  await writeFile(path.join(half, 'key.bin'), KEY)
  await writeFile(path.join(half, 'key-info'), '../key.bin\nkey.bin\n')
  for (const args of runs) {
    await promisify(execFile)(process.env['FFMPEG_PATH'] ?? 'ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args], { cwd: half })
  }
  // Another run may have been quicker: its folder is as good.
  await rename(half, folder).catch(() => rm(half, { recursive: true, force: true }))
  return folder
}

/** A multivariant playlist: a variant a line, `path` to its bits a second; `sound` is the playlist of an audio group. */
export function multivariant(
  variants: Record<string, number>,
  { sound, codecs = true }: { sound?: string; codecs?: boolean } = {},
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6']
  if (sound) lines.push(`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,URI="${sound}"`)
  for (const [uri, bps] of Object.entries(variants)) {
    lines.push(`#EXT-X-STREAM-INF:BANDWIDTH=${bps}${codecs ? ',CODECS="avc1.64001e,mp4a.40.2"' : ''}${sound ? ',AUDIO="s"' : ''}`, uri)
  }
  return `${lines.join('\n')}\n`
}

/** A VOD playlist of segments; lines between them are tags. */
export function mediaPlaylist(lines: readonly string[]): string {
  const head = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-TARGETDURATION:2', '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-PLAYLIST-TYPE:VOD']
  return `${[...head, ...lines, '#EXT-X-ENDLIST'].join('\n')}\n`
}

/** The addresses of a folder's segments, in order, as seen from the root; each with its EXTINF. */
export async function entriesOf(folder: string, name: string): Promise<string[]> {
  const text = await readFile(path.join(folder, name, 'index.m3u8'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line.startsWith('#EXTINF') || (line !== '' && !line.startsWith('#')))
    .map((line) => (line.startsWith('#') ? line : `${name}/${line}`))
}

/** The files of a folder that end so, in order of their numbers. */
export async function filesOf(folder: string, name: string, ending: string): Promise<string[]> {
  const files = (await readdir(path.join(folder, name))).filter((file) => file.endsWith(ending))
  return files.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((file) => `${name}/${file}`)
}

function hls(name: string, ...more: string[]): string[] {
  const fmp4 = name.startsWith('cmaf')
  return [
    ...['-f', 'hls', '-hls_time', String(SEGMENT_S), '-hls_playlist_type', 'vod', '-hls_segment_type', fmp4 ? 'fmp4' : 'mpegts'],
    ...(fmp4 ? ['-hls_fmp4_init_filename', 'init.mp4'] : []),
    ...(more.includes('single_file') ? [] : ['-hls_segment_filename', `${name}/%d.${fmp4 ? 'm4s' : 'ts'}`]),
    ...more,
    `${name}/index.m3u8`,
  ]
}

/** The frame code is burnt in after scaling, so that its blocks are sharp. */
function picture(label: string, width: number, height: number, start = 0): string {
  return `scale=${width}:${height},setsar=1,${frameCodeFilter(start)},format=yuv420p[${label}]`
}

const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '200k', '-bf', '2', '-g', '60', '-keyint_min', '60', '-sc_threshold', '0']
/** FFmpeg writes no edit list for HLS: pictures that are shown in another order would begin two frames late. */
const IN_ORDER = ['-bf', '0']
const AAC = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2']

function sources(hertz: number): string[] {
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=size=480x270:rate=${FPS}:duration=${LENGTH_S}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${hertz}:duration=${LENGTH_S}`],
  ]
}

function first(): string[] {
  const graph = `[0:v]split=6[a][b][c][d][e][f];[a]${picture('hi', 480, 270)};${['b', 'c', 'd', 'e', 'f'].map((pad, i) => `[${pad}]${picture(`lo${i}`, 320, 180)}`).join(';')}`
  const both = (pad: string): string[] => ['-map', `[${pad}]`, '-map', '1:a', ...H264, ...AAC]
  return [
    ...sources(48_000),
    ...['-filter_complex', graph],
    ...[...both('hi'), ...hls('hi')],
    ...[...both('lo0'), ...hls('lo')],
    ...['-map', '[lo1]', ...H264, ...hls('picture')],
    ...['-map', '1:a', ...AAC, ...hls('sound')],
    ...[...both('lo2'), ...hls('single', '-hls_flags', 'single_file')],
    ...[...both('lo3'), ...hls('aes', '-hls_key_info_file', 'key-info')],
    ...[...both('lo4'), ...IN_ORDER, ...hls('cmaf')],
  ]
}

function later(): string[] {
  const start = FPS * LENGTH_S
  const graph = `[0:v]split=2[a][b];[a]${picture('one', 400, 224, start)};[b]${picture('two', 400, 224, start)}`
  return [
    ...sources(44_100),
    ...['-filter_complex', graph],
    ...['-map', '[one]', '-map', '1:a', ...H264, ...AAC, '-output_ts_offset', '5000', ...hls('later')],
    ...['-map', '[two]', '-map', '1:a', ...H264, ...IN_ORDER, ...AAC, ...hls('cmaf-later')],
  ]
}

/** 33 bits of 90 kHz are 95,443.7 s. */
function wrap(): string[] {
  return ['-i', 'lo/index.m3u8', '-c', 'copy', '-output_ts_offset', '95438', ...hls('wrap')]
}

function adts(): string[] {
  return ['-i', 'sound/index.m3u8', '-c', 'copy', '-f', 'segment', '-segment_format', 'adts', '-segment_time', '2', 'adts/%d.aac']
}

function apart(): string[] {
  return ['-i', 'lo/index.m3u8', '-itsoffset', '0.3', '-i', 'lo/index.m3u8', '-map', '0:v', '-map', '1:a', '-c', 'copy', ...hls('apart')]
}

function mp3(): string[] {
  return ['-i', 'lo/index.m3u8', '-c:v', 'copy', '-c:a', 'libmp3lame', '-b:a', '64k', ...hls('mp3')]
}

function film(): string[] {
  return ['-i', 'cmaf/index.m3u8', '-c', 'copy', '-movflags', '+faststart', 'film.mp4']
}

function bareMp3(): string[] {
  const plain = '-segment_format_options write_xing=0:id3v2_version=0:write_id3v1=0'.split(' ')
  return [
    '-i',
    'sound/index.m3u8',
    '-c:a',
    'libmp3lame',
    '-b:a',
    '64k',
    '-f',
    'segment',
    '-segment_format',
    'mp3',
    ...plain,
    '-segment_time',
    '2',
    'bare-mp3/%d.mp3',
  ]
}

/** Files to hurt: one small file of each kind that FFmpeg makes, and playlists written out. */
import { readFile, stat } from 'node:fs/promises'
import { type Animal, ZOO } from '../support/zoo.ts'
import { clip } from '../support/clips.ts'
import { type Fixture, fixtureOf } from './mutate.ts'

/** `cmaf`: fragmented MP4 of one track, as the encoder's pipe carries it. */
export type FixtureKind = 'mp4' | 'cmaf' | 'matroska' | 'ts' | 'hls'

/** Beyond this, inputs cost time and find nothing more. */
const MAX_BYTES = 200_000

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=25:duration=1']
const SOUND = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1']
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '10', '-bf', '2', '-pix_fmt', 'yuv420p']
const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=10']

const MP4: [string, string[]][] = [
  ['mp4', [...H264, '-c:a', 'aac', '-movflags', '+faststart']],
  ['mp4', [...HEVC, '-tag:v', 'hev1', '-c:a', 'ac3']],
  ['mp4', [...H264, '-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov+default_base_moof']],
  ['mp4', [...H264, '-c:a', 'aac', '-movflags', '+frag_keyframe+empty_moov+separate_moof', '-frag_duration', '300000']],
  ['mov', [...H264, '-c:a', 'pcm_s16le', '-ac', '1', '-ar', '8000', '-timecode', '00:00:00:00']],
]
const CMAF: [string, string[]][] = [
  ['mp4', [...H264, '-an', '-movflags', '+frag_keyframe+empty_moov+default_base_moof']],
  ['mp4', ['-vn', '-c:a', 'aac', '-movflags', '+empty_moov+default_base_moof', '-frag_duration', '200000']],
  ['mp4', [...HEVC, '-an', '-tag:v', 'hvc1', '-movflags', '+frag_keyframe+empty_moov+default_base_moof']],
]
const MATROSKA: [string, string[]][] = [
  ['mkv', [...H264, '-c:a', 'mp3', '-cluster_time_limit', '200']],
  ['webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-live', '1']],
]
const TS: [string, string[]][] = [
  ['ts', [...H264, '-c:a', 'aac']],
  ['ts', [...HEVC, '-c:a', 'ac3']],
  ['ts', [...H264, '-c:a', 'mp2', '-mpegts_m2ts_mode', '1']],
  ['ts', ['-c:v', 'mpeg2video', '-c:a', 'libopus']],
]

const PLAYLISTS = [
  '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-MAP:URI="init.mp4",BYTERANGE="800@0"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z\n#EXTINF:5.005,\n#EXT-X-BYTERANGE:1000@800\na.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:6,title\n#EXT-X-BYTERANGE:1000\na.m4s\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x01\n#EXTINF:4,\nb.m4s\n#EXT-X-ENDLIST\n',
  '#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="audio.m3u8",CHANNELS="2"\n#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="a"\n720p.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,URI="i.m3u8",RESOLUTION=1280x720\n',
]

/** One small file of each kind: what `npm test` hurts. */
export async function smallFixtures(): Promise<Record<FixtureKind, Fixture[]>> {
  const load = async (list: [string, string[]][]): Promise<Fixture[]> => {
    const fixtures: Fixture[] = []
    for (const [extension, args] of list) {
      const file = await clip(extension, [...PICTURE, ...SOUND, ...args])
      fixtures.push(fixtureOf(args.join(' '), new Uint8Array(await readFile(file))))
    }
    return fixtures
  }
  const hls = PLAYLISTS.map((text, index) => fixtureOf(`playlist ${index}`, new TextEncoder().encode(text)))
  return { mp4: await load(MP4), cmaf: await load(CMAF), matroska: await load(MATROSKA), ts: await load(TS), hls }
}

/** The small ones and the whole zoo: what the long run hurts. */
export async function allFixtures(): Promise<Record<FixtureKind, Fixture[]>> {
  const all = await smallFixtures()
  for (const animal of ZOO) {
    const file = await animal.file()
    if ((await stat(file)).size > MAX_BYTES) continue
    all[kindOf(animal)].push(fixtureOf(`${animal.name}.${animal.extension}`, new Uint8Array(await readFile(file))))
  }
  return all
}

function kindOf({ extension }: Animal): FixtureKind {
  return extension === 'mkv' || extension === 'mka' || extension === 'webm' ? 'matroska' : 'mp4'
}

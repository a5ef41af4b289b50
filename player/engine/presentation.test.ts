import { expect, test } from 'vitest'
import { readPlaylist } from '../../media/hls/read.ts'
import { presentationOf, timelineOf } from './presentation.ts'

const MASTER = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Sound",DEFAULT=YES,URI="audio-aac/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2000000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
720p-h264/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS="hvc1.1.6.L93.B0,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
720p-hevc/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=360x640,AUDIO="none"
low.m3u8?x=1
`
const URL_OF_IT = 'https://example.test/v/abc/master.m3u8'

function presentation(text: string) {
  const parsed = readPlaylist(text)
  if (parsed.kind !== 'multivariant') throw new Error('not multivariant')
  return presentationOf(parsed.playlist, URL_OF_IT, (type) => !type.includes('hvc1'))
}

test('sorts renditions into tracks and leaves out what cannot be played', () => {
  const { variants, audio } = presentation(MASTER)
  expect(variants.map((variant) => [variant.id, variant.label, variant.type, variant.averageBps])).toEqual([
    ['720p-h264', '720p', 'video/mp4; codecs="avc1.64001f"', 2_000_000],
    // Its group does not exist, so its sound lies in the variant itself.
    ['low', '360p', 'video/mp4; codecs="avc1.4d401e,mp4a.40.2"', 900_000],
  ])
  expect(audio.map((item) => [item.id, item.type, item.url])).toEqual([
    ['audio-aac', 'audio/mp4; codecs="mp4a.40.2"', 'https://example.test/v/abc/audio-aac/index.m3u8'],
  ])
})

test('a variant of nothing but sound is an audio track', () => {
  const [variant] = presentation('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2"\na/index.m3u8\n').variants
  expect(variant?.type).toBe('audio/mp4; codecs="mp4a.40.2"')
})

test('a variant of nothing but sound is left out where others have a picture', () => {
  const text =
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2"\na.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2,CODECS="avc1.4d401e,mp4a.40.2"\nv.m3u8\n'
  expect(presentation(text).variants.map(({ id }) => id)).toEqual(['v'])
})

test('variants of one pathway, and none that needs glasses', () => {
  const variant = (more: string, uri: string): string => `#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.4d401e"${more}\n${uri}\n`
  const list = `#EXTM3U\n${variant(',PATHWAY-ID="A"', 'a.m3u8')}${variant(',PATHWAY-ID="B"', 'b.m3u8')}${variant(',PATHWAY-ID="B",REQ-VIDEO-LAYOUT="CH-STEREO"', 'b3d.m3u8')}${variant(',PATHWAY-ID="B",REQ-VIDEO-LAYOUT="CH-MONO/PROJ-RECT"', 'flat.m3u8')}`
  expect(presentation(list).variants.map(({ id }) => id)).toEqual(['a'])
  const steered = `${list}#EXT-X-CONTENT-STEERING:SERVER-URI="/s",PATHWAY-ID="B"\n`
  expect(presentation(steered).variants.map(({ id }) => id)).toEqual(['b', 'flat'])
})

test('variables go with the renditions whose playlists import them', () => {
  const text = '#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="1"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv{$a}.m3u8\n'
  const [variant] = presentation(text).variants
  expect([variant?.id, variant?.variables?.get('a')]).toEqual(['v1', '1'])
  expect(presentation(MASTER).variants[0]).not.toHaveProperty('variables')
})

test('MP3 is asked for as what it goes into the browser as', () => {
  const asked: string[] = []
  const parsed = readPlaylist('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.4d401e,mp4a.40.34"\nv.m3u8\n')
  if (parsed.kind !== 'multivariant') throw new Error('not multivariant')
  presentationOf(parsed.playlist, URL_OF_IT, (type) => asked.push(type) > 0)
  expect(asked).toEqual(['audio/mpeg', 'video/mp4; codecs="avc1.4d401e"'])
})

test('renditions with the same name get names of their own', () => {
  const text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx/v.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\ny/v.m3u8\n'
  expect(presentation(text).variants.map((variant) => variant.id)).toEqual(['v', 'v~2'])
})

test('begins where EXT-X-START says', () => {
  const beginsAtS = (start: string): number | undefined => {
    const parsed = readPlaylist(`#EXTM3U\n#EXT-X-TARGETDURATION:4\n${start}\n${'#EXTINF:4,\na.m4s\n'.repeat(5)}#EXT-X-ENDLIST\n`)
    return parsed.kind === 'media' ? timelineOf(parsed.playlist, URL_OF_IT).beginsAtS : undefined
  }
  expect(beginsAtS('')).toBe(0)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=0')).toBe(0)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=9.5,PRECISE=YES')).toBe(9.5)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=9.5')).toBe(8)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=-5,PRECISE=YES')).toBe(15)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=-99')).toBe(0)
  expect(beginsAtS('#EXT-X-START:TIME-OFFSET=99')).toBe(16)
})

test('puts segments on one timeline, with addresses resolved', () => {
  const parsed = readPlaylist(
    '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:4,\na.m4s\n#EXT-X-GAP\n#EXTINF:3.5,\nb.m4s\n#EXT-X-ENDLIST\n',
  )
  if (parsed.kind !== 'media') throw new Error('not media')
  const timeline = timelineOf(parsed.playlist, 'https://example.test/v/abc/low/index.m3u8')
  expect(timeline).toMatchObject({ ended: true, durationS: 7.5, targetDurationS: 4 })
  expect(timeline.segments.map((segment) => [segment.number, segment.startS, segment.resource.url, segment.gap])).toEqual([
    [7, 0, 'https://example.test/v/abc/low/a.m4s', false],
    [8, 4, 'https://example.test/v/abc/low/b.m4s', true],
  ])
  expect(timeline.segments[0]?.init?.url).toBe('https://example.test/v/abc/low/i.mp4')
})

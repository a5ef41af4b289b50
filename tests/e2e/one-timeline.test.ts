/**
 * The source, cut at the edge, and the ladder, encoded by FFmpeg, are one video on one timeline: the same picture and the same
 * sound at the same time, whatever the file says of delays, edits and rotation. And the index of the source is the same,
 * however the upload came.
 */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { execa } from 'execa'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceIndexKey } from '../../protocol/ids.ts'
import { clip } from '../support/clips.ts'
import { frameCodeFilter } from '../support/frame-code.ts'
import { testStack, tusMetadata, type TestStack } from '../support/stack.ts'

const FPS = 25
const SECONDS = 5
/** The tone begins with this frame. */
const ONSET_FRAME = 75
const PICTURE = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FPS},${frameCodeFilter()}`]
const SOUND = ['-f', 'lavfi', '-i', `aevalsrc='if(gte(t,${ONSET_FRAME / FPS}),0.8*sin(2*PI*440*t),0)':s=48000`]
const CODECS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '50', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k']
const LENGTH = ['-t', String(SECONDS)]

/** Number of the frame that is shown, and when, milliseconds; in order. */
async function pictures(url: string): Promise<{ frame: number; ms: number }[]> {
  // Sixteen blocks of white and black across the top, one pixel each.
  const filter = 'showinfo,crop=iw:ih/8:0:0,scale=16:1:flags=area,format=gray'
  const { stdout, stderr } = await execa(
    'ffmpeg',
    ['-hide_banner', '-copyts', '-i', url, '-map', '0:v:0', '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
    { encoding: 'buffer' },
  )
  const times = [
    ...Buffer.from(stderr)
      .toString()
      .matchAll(/showinfo.* pts_time:(\S+)/g),
  ].map((match) => Number(match[1]) * 1000)
  expect(stdout.length).toBe(times.length * 16)
  return times.map((ms, at) => {
    const blocks = stdout.subarray(at * 16, at * 16 + 16)
    return { ms, frame: blocks.reduce((sum, luma, bit) => sum + (luma > 128 ? 2 ** bit : 0), 0) }
  })
}

/** When the tone is there, milliseconds. */
async function onset(url: string): Promise<number> {
  const { stdout } = await execa(
    'ffmpeg',
    ['-v', 'error', '-copyts', '-i', url, '-map', '0:a:0', '-af', 'aresample=48000:async=1:first_pts=0', '-ac', '1', '-f', 's16le', '-'],
    { encoding: 'buffer' },
  )
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1)
  // The ladder is as loud as all videos are.
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  return samples.findIndex((sample) => Math.abs(sample) > loudest / 3) / 48
}

/** Adds to what the edit lists of an MP4 cut off at the start, seconds; one edit for each track. */
async function cutMore(file: string, seconds: number): Promise<string> {
  const bytes = await readFile(file)
  const movieTimescale = bytes.readUInt32BE(bytes.indexOf('mvhd') + 16)
  for (let at = bytes.indexOf('elst'); at !== -1; at = bytes.indexOf('elst', at + 4)) {
    const timescale = bytes.readUInt32BE(bytes.indexOf('mdhd', at) + 16)
    expect([bytes.readUInt8(at + 4), bytes.readUInt32BE(at + 8)]).toEqual([0, 1])
    bytes.writeUInt32BE(bytes.readUInt32BE(at + 12) - seconds * movieTimescale, at + 12)
    bytes.writeInt32BE(bytes.readInt32BE(at + 16) + seconds * timescale, at + 16)
  }
  const cut = file.replace('.mp4', `-cut-${seconds}.mp4`)
  await writeFile(cut, bytes)
  return cut
}

const plain = (): Promise<string> => clip('mp4', [...PICTURE, ...SOUND, ...LENGTH, ...CODECS])

/** Turned against the clock, and said to be turned back: the code is at the top again when it is shown. The sound comes late. */
async function turned(): Promise<string> {
  const upright = [...PICTURE.slice(0, 3), `${PICTURE[3]},transpose=cclock`]
  const lying = await clip('mp4', [...upright, '-itsoffset', '0.7', ...SOUND, ...LENGTH, ...CODECS])
  // FFmpeg 5.1 counts this against the clock.
  return clip('mp4', ['-i', lying, '-c', 'copy', '-metadata:s:v', 'rotate=270'])
}

const FILES: [name: string, make: () => Promise<string>][] = [
  ['rotation and a delayed audio track', turned],
  ['a delayed video track', async () => clip('mp4', ['-itsoffset', '0.7', ...PICTURE, ...SOUND, ...LENGTH, ...CODECS])],
  ['an edit list that cuts', async () => cutMore(await plain(), 2)],
]

let stack: TestStack

const uploaded = new Map<string, { file: string; id: string }>()

beforeAll(async () => {
  stack = await testStack()
  for (const [name, make] of FILES) {
    const file = await make()
    uploaded.set(name, { file, id: await stack.upload(file) })
  }
})
afterAll(async () => {
  await stack?.stop()
})

describe.each(FILES)('%s', (name) => {
  it('shows the same pictures and the same sound at the same time as the source and in the ladder', async () => {
    const { file, id } = uploaded.get(name) ?? { file: '', id: '' }
    const of = (rendition: string): string => `${stack.url}/v/${id}/${rendition}/index.m3u8`
    const [fromSource, heardInSource] = [await pictures(of('source-video')), await onset(of('source-audio'))]
    await stack.waitFor(id, ({ state }) => state === 'ready')
    const master = await (await fetch(`${stack.url}/v/${id}/master.m3u8`)).text()
    const rung = /^(\d+p-h264)\/index\.m3u8/m.exec(master)?.[1] ?? ''
    const sound = /URI="(audio-\w+)\/index\.m3u8/.exec(master)?.[1] ?? ''
    const [fromLadder, heardInLadder] = [await pictures(of(rung)), await onset(of(sound))]

    expect(fromSource.length).toBeGreaterThan(70)
    expect(fromLadder.map(({ frame }) => frame)).toEqual(fromSource.map(({ frame }) => frame))
    const apart = fromLadder.map(({ ms }, at) => Math.abs(ms - (fromSource[at]?.ms ?? NaN)))
    expect(Math.max(...apart), 'milliseconds between two showings of a picture').toBeLessThan(1)
    // A frame of sound has 21 ms, and a coder smears what begins in it.
    expect(Math.abs(heardInLadder - heardInSource), 'milliseconds between two beginnings of the tone').toBeLessThan(8)
    // And both as the file itself has them: how long after its picture the tone begins.
    const [original, heard] = [await pictures(file), await onset(file)]
    const late = (shown: typeof original, ms: number): number => ms - (shown.find(({ frame }) => frame === ONSET_FRAME)?.ms ?? NaN)
    expect(Math.abs(late(fromSource, heardInSource) - late(original, heard)), `${name}, against the file`).toBeLessThan(8)
  })
})

describe('an upload that the edge did not survive', () => {
  async function indexOf(id: string): Promise<string[]> {
    const s3 = new S3Client({ endpoint: `${stack.url}/cdn-cgi/local/r2/s3`, region: 'auto', forcePathStyle: true, credentials: stack.s3 })
    const parts = (['head', 'pages'] as const).map(async (part) => {
      const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: 'sluice-media', Key: sourceIndexKey(id, part) }))
      return Buffer.from((await body?.transformToByteArray()) ?? []).toString('base64')
    })
    return Promise.all(parts)
  }

  const TUS = { 'Tus-Resumable': '1.0.0' }

  const patch = (at: string, offset: number, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): Promise<Response> =>
    stack.admin(at, {
      method: 'PATCH',
      headers: { ...TUS, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
      body,
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    })

  /** A third is sent, and then more until it breaks off. Answers the upload's address, and what settles when it broke off. */
  async function begin(bytes: Uint8Array<ArrayBuffer>): Promise<{ at: string; cutOff: Promise<unknown> }> {
    const created = await stack.admin('/api/uploads', {
      method: 'POST',
      headers: { ...TUS, 'Upload-Length': String(bytes.length), 'Upload-Metadata': tusMetadata({ filename: 'a', filetype: 'video/mp4' }) },
    })
    const at = new URL(created.headers.get('Location') ?? '', stack.url).pathname
    let sent = Math.floor(bytes.length / 3)
    expect((await patch(at, 0, bytes.slice(0, sent))).status).toBe(204)
    const slow = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await sleep(20)
        // It never comes to the end.
        if (sent + 1001 < bytes.length) controller.enqueue(bytes.slice(sent, sent + 1001))
        sent += 1001
      },
    })
    return { at, cutOff: patch(at, sent, slow).catch(() => null) }
  }

  it('has the index of one in one go: fragments and Matroska', async () => {
    const made = [...PICTURE, ...SOUND, ...LENGTH, ...CODECS]
    const files = [await clip('mp4', [...made, '-movflags', '+frag_keyframe+delay_moov+default_base_moof']), await clip('mkv', made)]
    const uploads = await Promise.all(
      files.map(async (file) => {
        const bytes = new Uint8Array(await readFile(file))
        return { file, bytes, ...(await begin(bytes)) }
      }),
    )
    await sleep(300)
    await stack.killEdge()
    for (const { file, bytes, at, cutOff } of uploads) {
      await cutOff
      const offset = Number((await stack.admin(at, { method: 'HEAD', headers: TUS })).headers.get('Upload-Offset'))
      expect(offset).toBeGreaterThanOrEqual(Math.floor(bytes.length / 3))
      expect(offset).toBeLessThan(bytes.length)
      expect((await patch(at, offset, bytes.slice(offset))).status).toBe(204)
      expect(await indexOf(at.split('/').at(-1) ?? ''), file).toEqual(await indexOf(await stack.upload(file)))
    }
  })
})

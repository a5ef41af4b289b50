/**
 * The demo video: half a minute that FFmpeg draws and plays (moving colours, a living grid, a chord, a frame counter), sent through
 * the front door like any upload. Made once, kept in the data folder, added when the library is empty.
 */
import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Upload } from 'tus-js-client'
import type { Video, VideoPage } from '../../protocol/videos.ts'
import { Failure } from '../failure.ts'
import { demoArgs } from './demo-picture.ts'
import type { Settings } from './settings.ts'
import type { Stack } from './stack.ts'

type Say = (part: string, text: string) => void

/** Adds the demo to an empty library and follows it until it is ready. */
export async function addDemo(stack: Stack, settings: Settings, say: Say): Promise<void> {
  const library = await getJson<VideoPage>(`${stack.url}/api/videos`)
  if (library === null || library.videos.length > 0) return
  const file = await makeDemo(settings, say)
  const id = await uploadFile(stack, file)
  say('demo', `uploaded; it plays at ${stack.url}/watch/${id} as it is made`)
  await follow(stack, id, say)
}

async function makeDemo(settings: Settings, say: Say): Promise<string> {
  const file = path.join(settings.dataDir, 'demo/sluice-demo.mp4')
  if ((await stat(file).catch(() => null)) !== null) return file
  await mkdir(path.dirname(file), { recursive: true })
  say('demo', 'drawing half a minute of video')
  const unfinished = `${file}.new.mp4`
  await promisify(execFile)(settings.ffmpegPath, [...demoArgs(), unfinished]).catch((error: unknown) => {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string }
    throw new Failure(`FFmpeg could not draw it: ${stderr.trim().split('\n').at(-1) ?? message}`)
  })
  await rename(unfinished, file)
  return file
}

/** Uploads by tus; resolves with the id of the video. */
async function uploadFile(stack: Stack, file: string): Promise<string> {
  const body = await readFile(file)
  return new Promise((resolve, reject) => {
    const upload = new Upload(body, {
      endpoint: `${stack.url}/api/uploads`,
      chunkSize: 16 << 20,
      retryDelays: [300, 1_000, 3_000, 5_000],
      headers: { Authorization: `Bearer ${stack.adminToken}` },
      metadata: { filename: 'sluice-demo.mp4', filetype: 'video/mp4', title: 'Sluice demo' },
      onError: reject,
      onSuccess: () => resolve(new URL(upload.url ?? '', stack.url).pathname.split('/').at(-1) ?? ''),
    })
    upload.start()
  })
}

/** Says each new thing that happens to the video, until nothing more will. */
async function follow(stack: Stack, id: string, say: Say): Promise<void> {
  let said = ''
  for (;;) {
    const video = await getJson<Video>(`${stack.url}/api/videos/${id}`)
    const text = video === null ? said : describe(video)
    if (text !== said) say('demo', text)
    said = text
    if (video?.state === 'ready' || video?.state === 'failed') return
    await sleep(1_000, undefined, { ref: false })
  }
}

function describe(video: Video): string {
  if (video.state === 'ready') return 'ready to watch'
  if (video.state === 'failed') return `failed: ${video.error?.message ?? 'for no known reason'}`
  const running = video.stages.filter((stage) => stage.state === 'running')
  return running.length === 0 ? video.state : running.map((stage) => `${stage.name}: ${stage.text}`).join(' · ')
}

async function getJson<T>(url: string): Promise<T | null> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null)
  return response?.ok === true ? ((await response.json()) as T) : null
}

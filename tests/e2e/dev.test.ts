/**
 * `sluice dev` as a person starts and stops it: by the command, with settings in the environment, ended by Ctrl-C or by
 * worse. What is looked at is what the person sees: the terminal, the port, and which processes are there.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMarked, killMarked } from '../../cli/dev/processes.ts'
import { loadSecrets } from '../../cli/dev/secrets.ts'
import type { Video, VideoPage } from '../../protocol/videos.ts'
import { within } from '../support/chromium.ts'
import { testClip } from '../support/clips.ts'
import { freePort, tusMetadata } from '../support/stack.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let folder: string
const launchers: Launcher[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-dev-'))
})
afterAll(async () => {
  for (const { child, dataDir } of launchers) {
    child.kill('SIGKILL')
    const mark = await markOf(dataDir)
    if (mark !== null) await killMarked(mark)
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

interface Launcher {
  child: ChildProcess
  dataDir: string
  port: number
  /** Everything it wrote, both streams. */
  text(): string
  /** Resolves when it wrote what matches; rejects when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** The exit code, or the name of the signal. */
  exit: Promise<number | string | null>
}

/** Starts the command in a process group of its own, as a shell does. */
function launch(name: string, port: number, more: Record<string, string> = {}): Launcher {
  const dataDir = path.join(folder, name)
  const env = { ...process.env, PORT: String(port), SLUICE_DATA: dataDir, SLUICE_DEMO: '0', SLUICE_ADMIN_TOKEN: '', ...more }
  const child = spawn(process.execPath, ['cli/main.ts', 'dev'], { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const exit = new Promise<number | string | null>((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  let over = false
  void exit.then(() => (over = true))
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(text)
      if (found !== null) return found
      if (over) throw new Error(`It ended without saying ${pattern}:\n${text}`)
      await sleep(50)
    }
  }
  const launcher: Launcher = {
    ...{ child, dataDir, port, exit, text: () => text },
    says: (pattern) => within(120_000, `${pattern} in:\n${text}`, says(pattern)),
  }
  launchers.push(launcher)
  return launcher
}

/** Starts and resolves with the admin token when it is ready. */
async function ready(launcher: Launcher): Promise<string> {
  const [, url] = await launcher.says(/^ready (\S+)$/m)
  expect(url).toBe(`http://localhost:${launcher.port}`)
  const [, token = ''] = await launcher.says(/^ {2}admin token {2}(\S+)$/m)
  const [, link] = await launcher.says(/^ {2}sign in +(\S+)$/m)
  expect(link).toBe(`${url}/sign-in#token=${token}`)
  return token
}

/** Ctrl-C: the terminal sends it to the whole group. */
function interrupt({ child }: Launcher): void {
  process.kill(-(child.pid ?? 0), 'SIGINT')
}

async function markOf(dataDir: string): Promise<string | null> {
  const text = await readFile(path.join(dataDir, 'stack.json'), 'utf8').catch(() => null)
  return text === null ? null : (JSON.parse(text) as { mark: string }).mark
}

/** The mark of a running stack: its processes are found by it. */
async function runningMark(dataDir: string): Promise<string> {
  const mark = await markOf(dataDir)
  expect(mark).toMatch(/^[0-9a-f]{24}$/)
  return mark ?? ''
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

async function expectGone(launcher: Launcher, mark: string): Promise<void> {
  expect(await within(30_000, 'the end', launcher.exit)).toBe(0)
  expect(await findMarked(mark)).toEqual([])
  expect(await isFree(launcher.port)).toBe(true)
}

async function libraryOf({ port }: Launcher): Promise<Video[]> {
  return ((await (await fetch(`http://localhost:${port}/api/videos`)).json()) as VideoPage).videos
}

/** Uploads a small clip in one request and resolves when it is ready. */
async function addVideo({ port }: Launcher, token: string): Promise<void> {
  const body = await readFile(await testClip({ seconds: 2, size: '160x90' }))
  const created = await fetch(`http://localhost:${port}/api/uploads`, {
    method: 'POST',
    headers: {
      ...{ Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0', 'Content-Type': 'application/offset+octet-stream' },
      ...{ 'Upload-Length': String(body.length), 'Upload-Metadata': tusMetadata({ filename: 'small.mp4', filetype: 'video/mp4' }) },
    },
    body,
  })
  expect(created.status).toBe(201)
  const id = created.headers.get('Location')?.split('/').at(-1)
  const isReady = async (): Promise<void> => {
    for (;;) {
      const video = (await (await fetch(`http://localhost:${port}/api/videos/${id}`)).json()) as Video
      if (video.state === 'ready') return
      expect(video.state).not.toBe('failed')
      await sleep(100)
    }
  }
  await within(60_000, 'the small video', isReady())
}

/** What a viewer gets of each video: playlists, a segment and the source, as hashes. */
async function fingerprint({ port }: Launcher, videos: Video[]): Promise<string[]> {
  const hashes: string[] = []
  for (const { id } of videos) {
    for (const name of ['master.m3u8', '90p-h264/index.m3u8', 'audio-aac/0.m4s', 'source', 'poster.jpg']) {
      const response = await fetch(`http://localhost:${port}/v/${id}/${name}`)
      hashes.push(
        `${name} ${response.status} ${createHash('sha256')
          .update(Buffer.from(await response.arrayBuffer()))
          .digest('hex')}`,
      )
    }
  }
  return hashes
}

describe('sluice dev', () => {
  let port: number
  let first: { token: string; videos: Video[]; fingerprint: string[] }
  let current: Launcher

  it('says where it is and how to sign in, and tells no secret to whoever lists processes or reads logs', async () => {
    port = await freePort()
    current = launch('first', port)
    const token = await ready(current)
    await addVideo(current, token)
    const videos = await libraryOf(current)
    expect(videos).toHaveLength(1)
    first = { token, videos, fingerprint: await fingerprint(current, videos) }
    expect(first.fingerprint.filter((line) => line.includes(' 200 '))).toHaveLength(5)

    const made = await loadSecrets(current.dataDir, null)
    expect(made.adminToken).toBe(token)
    const secrets = [made.adminToken, made.runnerToken, made.s3.accessKeyId, made.s3.secretAccessKey]
    const pids = [current.child.pid ?? 0, ...(await findMarked(await runningMark(current.dataDir)))]
    expect(pids.length).toBeGreaterThanOrEqual(4) // launcher, wrangler, workerd, runner
    const told: string[] = []
    for (const pid of pids) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (secrets.some((secret) => command.includes(secret))) told.push(command)
    }
    const logs = (await readdir(path.join(current.dataDir, 'log'), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )
    expect(logs.map(({ name }) => name)).toEqual(expect.arrayContaining(['edge.log', 'runner-1.log']))
    for (const entry of logs) {
      const log = await readFile(path.join(entry.parentPath, entry.name), 'utf8')
      if (secrets.some((secret) => log.includes(secret))) told.push(entry.name)
    }
    expect(told).toEqual([])
  })

  it('ends by Ctrl-C with all of its processes', async () => {
    const mark = await runningMark(current.dataDir)
    expect((await findMarked(mark)).length).toBeGreaterThanOrEqual(3)
    interrupt(current)
    await expectGone(current, mark)
    expect(current.text()).not.toMatch(/error|failed/i)
  })

  it('finds everything as it was when it starts again', async () => {
    current = launch('first', port)
    expect(await ready(current)).toBe(first.token)
    expect(await libraryOf(current)).toEqual(first.videos)
    expect(await fingerprint(current, first.videos)).toEqual(first.fingerprint)
  })

  it('runs beside a second one that has a folder and a port of its own', async () => {
    const second = launch('second', await freePort())
    const token = await ready(second)
    expect(token).not.toBe(first.token)
    expect(await libraryOf(second)).toEqual([])
    expect(await libraryOf(current)).toEqual(first.videos)
    await addVideo(second, token)
    expect(await libraryOf(second)).toHaveLength(1)
    expect(await libraryOf(current)).toEqual(first.videos)
    const mark = await runningMark(second.dataDir)
    interrupt(second)
    await expectGone(second, mark)
    expect(await libraryOf(current)).toEqual(first.videos)
  })

  it('says so when the port is taken, and when the folder is in use, and leaves what runs alone', async () => {
    const before = await findMarked(await runningMark(current.dataDir))
    const samePort = launch('third', port)
    expect(await within(60_000, 'the refusal', samePort.exit)).toBe(1)
    expect(samePort.text()).toContain(`Port ${port} on 127.0.0.1 is taken by another program.`)
    expect(samePort.text()).toContain(`PORT=${port + 1}`)
    const sameFolder = launch('first', await freePort())
    expect(await within(60_000, 'the refusal', sameFolder.exit)).toBe(1)
    expect(sameFolder.text()).toMatch(/A stack is running already in .+ \(process \d+\)/)
    for (const refused of [samePort, sameFolder]) expect(refused.text()).not.toMatch(/\n +at /) // no stack trace
    expect(await findMarked(await runningMark(current.dataDir))).toEqual(before)
    expect(await libraryOf(current)).toEqual(first.videos)
  })

  it('that was killed leaves nothing that the next start does not end', async () => {
    const mark = await runningMark(current.dataDir)
    // Some notice by themselves that the launcher is gone, and end; what is frozen cannot, and is certainly left behind.
    for (const pid of await findMarked(mark)) process.kill(pid, 'SIGSTOP')
    current.child.kill('SIGKILL')
    expect(await within(10_000, 'the kill', current.exit)).toBe('SIGKILL')
    expect((await findMarked(mark)).length).toBeGreaterThanOrEqual(3)
    current = launch('first', port)
    expect(await ready(current)).toBe(first.token)
    expect(current.text()).toMatch(/ended \d+ processes that the last start left behind/)
    expect(await findMarked(mark)).toEqual([])
    expect(await libraryOf(current)).toEqual(first.videos)
    expect(await fingerprint(current, first.videos)).toEqual(first.fingerprint)
    const own = await runningMark(current.dataDir)
    current.child.kill('SIGTERM')
    await expectGone(current, own)
  })
})

describe('Ctrl-C before it is up', () => {
  it.each([
    ['while the database is made', 0],
    ['while the edge starts', 1],
  ])('%s leaves nothing', async (_when, phase) => {
    const launcher = launch(`early-${phase}`, await freePort())
    // Its first children are those that prepare; the edge comes when the tables are there.
    if (phase === 0) await launcher.says(/^sluice +data in/m)
    else await launcher.says(/^database +migrations applied/m)
    const mark = await within(30_000, 'the mark', waitForMark(launcher.dataDir))
    interrupt(launcher)
    await expectGone(launcher, mark)
    expect(launcher.text()).toContain('stopped before it was up')
    expect(launcher.text()).not.toMatch(/ready http|could not/)
  })

  it('starts as if nothing had been', async () => {
    const launcher = launch('early-0', await freePort())
    const token = await ready(launcher)
    expect(token).toMatch(/^[0-9a-f]{48}$/)
    expect(await libraryOf(launcher)).toEqual([])
    const mark = await runningMark(launcher.dataDir)
    interrupt(launcher)
    await expectGone(launcher, mark)
  })
})

async function waitForMark(dataDir: string): Promise<string> {
  for (;;) {
    const mark = await markOf(dataDir).catch(() => null)
    if (mark !== null) return mark
    await sleep(20)
  }
}

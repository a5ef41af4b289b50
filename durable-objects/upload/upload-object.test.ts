import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { afterEach, expect, it } from 'vitest'
import { sourceKey } from '../../protocol/ids.ts'
import { UPLOAD_TTL_MS } from '../../protocol/uploads.ts'
import { getVideo, listStages, listVideos } from '../../workers/videos/store.ts'
import { UploadLedger } from './ledger.ts'
import { PART_BYTES } from './parts.ts'
import { receive } from './receive.ts'
import { SourceObject } from './source-object.ts'

const ADMIN = { Authorization: `Bearer ${env.SLUICE_ADMIN_TOKEN}`, 'Tus-Resumable': '1.0.0' }
const OFFSET = { 'Content-Type': 'application/offset+octet-stream' }
const call = (path: string, method: string, headers: Record<string, string> = {}, body: BodyInit | null = null) =>
  exports.default.fetch(new Request(`http://edge.test${path}`, { method, headers: { ...ADMIN, ...headers }, body }))
const create = (sizeBytes: number, headers: Record<string, string> = {}, body: BodyInit | null = null) =>
  call('/api/uploads', 'POST', { 'Upload-Length': String(sizeBytes), ...headers }, body)
const patch = (path: string, offset: number, body: BodyInit, headers: Record<string, string> = {}) =>
  call(path, 'PATCH', { ...OFFSET, 'Upload-Offset': String(offset), ...headers }, body)
const offsetOf = async (path: string) => Number((await call(path, 'HEAD')).headers.get('Upload-Offset'))
const idOf = (path: string) => path.split('/').at(-1)!
const stubOf = (path: string) => env.UPLOADS.getByName(idOf(path))
const sourceOf = async (path: string) => {
  const object = await env.MEDIA.get(sourceKey(idOf(path)))
  return object === null ? null : new Uint8Array(await object.arrayBuffer())
}

async function started(sizeBytes: number): Promise<string> {
  const answer = await create(sizeBytes, { 'Upload-Metadata': `filename ${btoa('clip.mp4')},filetype ${btoa('video/mp4')}` })
  expect(answer.status).toBe(201)
  return answer.headers.get('Location')!
}

/** Bytes that differ from place to place. */
function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  const words = new Uint32Array(bytes.buffer, 0, length >> 2)
  let x = seed
  for (let i = 0; i < words.length; i += 1) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    words[i] = x
  }
  return bytes
}

async function same(a: Uint8Array | null, b: Uint8Array): Promise<boolean> {
  return a !== null && a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b)
}

async function digest(algorithm: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest(algorithm, bytes))))
}

afterEach(async () => {
  await env.DB.prepare('DELETE FROM videos').run()
})

it('takes a file in pieces of any size, over several parts, and starts its processing', async () => {
  const file = noise(2 * PART_BYTES + 12_345)
  const path = await started(file.byteLength)
  expect(path).toMatch(/^\/api\/uploads\/[\w-]{12}$/)
  expect(await getVideo(env.DB, idOf(path))).toMatchObject({ state: 'uploading', title: 'clip', source: { sizeBytes: file.byteLength } })
  let offset = 0
  for (const size of [1, 1, 1_048_575, 3_000_000, PART_BYTES + 4_000_000, 0, file.byteLength]) {
    const answer = await patch(path, offset, file.subarray(offset, offset + size))
    expect(answer.status).toBe(204)
    offset = Math.min(offset + size, file.byteLength)
    expect(answer.headers.get('Upload-Offset')).toBe(String(offset))
    expect(answer.headers.has('Upload-Expires')).toBe(offset < file.byteLength)
    expect(await offsetOf(path)).toBe(offset)
  }
  expect(await same(await sourceOf(path), file)).toBe(true)
  expect((await getVideo(env.DB, idOf(path)))?.state).toBe('processing')
  expect((await listStages(env.DB, [idOf(path)])).get(idOf(path))?.[0]).toMatchObject({ name: 'upload', state: 'done', progress: 1 })
})

it('resumes after the object was evicted between pieces', async () => {
  const file = noise(PART_BYTES + 5_000)
  const path = await started(file.byteLength)
  for (let offset = 0; offset < file.byteLength; offset += 3_000_001) {
    expect((await patch(path, offset, file.subarray(offset, offset + 3_000_001))).status).toBe(204)
    await evictDurableObject(stubOf(path))
  }
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it('keeps what had arrived when the body breaks', async () => {
  const file = noise(PART_BYTES + 2_000_000)
  const path = await started(file.byteLength)
  let sent = 0
  const breaking = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent >= PART_BYTES + 1_000_000) return controller.error(new Error('the line is cut'))
      controller.enqueue(file.subarray(sent, sent + 65_536))
      sent += 65_536
    },
  })
  await runInDurableObject(stubOf(path), async (object) => {
    const headers = { 'Tus-Resumable': '1.0.0', ...OFFSET, 'Upload-Offset': '0' }
    const answer = await object.fetch(new Request(`http://edge.test${path}`, { method: 'PATCH', headers, body: breaking }))
    expect(answer.status).toBeGreaterThanOrEqual(400)
  })
  const offset = await offsetOf(path)
  expect(offset).toBeGreaterThan(PART_BYTES)
  expect(offset).toBeLessThanOrEqual(sent)
  expect((await patch(path, offset, file.subarray(offset))).status).toBe(204)
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it('gives the upload to the newcomer when two write at once, and mixes nothing', async () => {
  const file = noise(3_000_000)
  const path = await started(file.byteLength)
  const slow = new TransformStream<Uint8Array, Uint8Array>()
  const writer = slow.writable.getWriter()
  const first = patch(path, 0, slow.readable)
  await writer.write(file.subarray(0, 1_000_000))
  const second = await patch(path, 0, noise(3_000_000, 7))
  expect([409, 423, 204]).toContain(second.status)
  writer.write(file.subarray(1_000_000)).catch(() => {}) // The server may have stopped reading.
  await first.catch(() => null)
  const offset = await offsetOf(path)
  if (second.status !== 204) {
    expect((await patch(path, offset, file.subarray(offset))).status).toBe(204)
    expect(await same(await sourceOf(path), file)).toBe(true)
  } else expect(await same(await sourceOf(path), noise(3_000_000, 7))).toBe(true)
})

it.each(['complete', 'uploaded'] as const)('finishes by its alarm when it was killed before or after `%s`', async (step) => {
  const file = noise(PART_BYTES + 77)
  const path = await started(file.byteLength)
  await patch(path, 0, file.subarray(0, PART_BYTES))
  await runInDurableObject(stubOf(path), async (_object, { storage }) => {
    // What the ledger holds right after the last bytes were written.
    storage.sql.exec('INSERT INTO remainder VALUES (0, ?)', file.slice(PART_BYTES).buffer)
    storage.sql.exec(`UPDATE upload SET offset = ?, state = 'completing'`, file.byteLength)
    if (step === 'complete') return
    const [{ id, multipart_id, etag }] = storage.sql
      .exec<{ id: string; multipart_id: string; etag: string }>('SELECT id, multipart_id, etag FROM upload, parts')
      .toArray() as [{ id: string; multipart_id: string; etag: string }]
    const upload = env.MEDIA.resumeMultipartUpload(sourceKey(id), multipart_id)
    await upload.complete([{ partNumber: 1, etag }, await upload.uploadPart(2, file.slice(PART_BYTES))])
  })
  await evictDurableObject(stubOf(path))
  expect(await runDurableObjectAlarm(stubOf(path))).toBe(true)
  expect((await getVideo(env.DB, idOf(path)))?.state).toBe('processing')
  expect(await same(await sourceOf(path), file)).toBe(true)
  expect(await offsetOf(path)).toBe(file.byteLength)
})

it('moves only over what is stored: a part that R2 refuses leaves the offset where it was', async () => {
  const file = noise(2 * PART_BYTES)
  const path = await started(file.byteLength)
  await patch(path, 0, file.subarray(0, 1_500_000))
  await runInDurableObject(stubOf(path), async (_object, { storage }) => {
    const ledger = new UploadLedger(storage)
    const bucket = new SourceObject(env.MEDIA, ledger)
    const refusing = {
      storePart: (number: number, bytes: Uint8Array) =>
        number === 2 ? Promise.reject(new Error('R2 is away')) : bucket.storePart(number, bytes),
    }
    const source = Object.assign(Object.create(bucket) as SourceObject, refusing)
    const body = (async function* () {
      for (let at = 1_500_000; at < file.byteLength; at += 700_000) yield file.subarray(at, at + 700_000)
    })()
    await expect(receive(body, { ledger, source, checksum: null, advanced: () => {} })).rejects.toThrow('R2 is away')
    expect(ledger.read()).toMatchObject({ offset: PART_BYTES, state: 'uploading' })
    expect(ledger.remainder()).toHaveLength(0)
  })
  expect(await offsetOf(path)).toBe(PART_BYTES)
  expect((await patch(path, PART_BYTES, file.subarray(PART_BYTES))).status).toBe(204)
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it('stops a body that is on its way when the video is deleted, and leaves nothing', async () => {
  const path = await started(3_000_000)
  const slow = new TransformStream<Uint8Array, Uint8Array>()
  const writer = slow.writable.getWriter()
  const writing = patch(path, 0, slow.readable).catch(() => null)
  await writer.write(noise(1_000_000))
  const answer = await exports.default.fetch(`http://edge.test/api/videos/${idOf(path)}`, { method: 'DELETE', headers: ADMIN })
  expect(answer.status).toBe(204)
  writer.close().catch(() => {}) // The server may have stopped reading.
  await writing
  expect((await call(path, 'HEAD')).status).toBe(404)
  expect(await sourceOf(path)).toBeNull()
})

it('deletes a source that became whole after its video was deleted', async () => {
  const path = await started(3)
  await env.DB.prepare('DELETE FROM videos').run()
  expect((await patch(path, 0, 'abc')).status).toBe(204)
  expect(await sourceOf(path)).toBeNull()
})

it('takes an upload that says nothing about itself', async () => {
  const answer = await create(3, { 'Upload-Metadata': '' })
  expect(answer.status).toBe(201)
  expect((await getVideo(env.DB, idOf(answer.headers.get('Location')!)))?.title).toBe('Untitled')
})

it('checks checksums: nothing of a damaged piece counts', async () => {
  const file = noise(PART_BYTES + 1_000_000)
  const path = await started(file.byteLength)
  await patch(path, 0, file.subarray(0, 1000))
  const rest = file.slice(1000)
  const damaged = rest.slice()
  damaged[5_000_000]! ^= 1
  const sha1 = { 'Upload-Checksum': `sha1 ${await digest('SHA-1', rest)}` }
  const refused = await patch(path, 1000, damaged, sha1)
  expect(refused.status).toBe(460)
  expect(await refused.text()).toContain('checksum mismatch')
  expect(await offsetOf(path)).toBe(1000)
  expect((await patch(path, 1000, rest, { 'Upload-Checksum': 'crc32 AAAA' })).status).toBe(400)
  expect((await patch(path, 1000, rest, { 'Upload-Checksum': 'sha1 AAAA' })).status).toBe(400)
  expect((await patch(path, 1000, rest, { 'Upload-Checksum': `__proto__ ${await digest('SHA-1', rest)}` })).status).toBe(400)
  expect(await offsetOf(path)).toBe(1000)
  expect((await patch(path, 1000, rest, sha1)).status).toBe(204)
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it.each([
  ['md5', 'MD5'],
  ['sha256', 'SHA-256'],
])('knows %s', async (name, algorithm) => {
  const file = noise(4096)
  const path = await started(file.byteLength)
  expect((await patch(path, 0, file, { 'Upload-Checksum': `${name} ${await digest(algorithm, noise(4096, 9))}` })).status).toBe(460)
  expect((await patch(path, 0, file, { 'Upload-Checksum': `${name} ${await digest(algorithm, file)}` })).status).toBe(204)
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it('creates with the first bytes, or all of them', async () => {
  const file = noise(100_000)
  const part = await create(file.byteLength, OFFSET, file.subarray(0, 60_000))
  expect(part.status).toBe(201)
  expect(part.headers.get('Upload-Offset')).toBe('60000')
  expect(await offsetOf(part.headers.get('Location')!)).toBe(60_000)
  const whole = await create(file.byteLength, OFFSET, file)
  expect(whole.status).toBe(201)
  expect(whole.headers.get('Upload-Offset')).toBe('100000')
  const path = whole.headers.get('Location')!
  expect((await getVideo(env.DB, idOf(path)))?.state).toBe('processing')
  expect(await same(await sourceOf(path), file)).toBe(true)
})

it('leaves nothing of a refused creation', async () => {
  const file = noise(1000)
  const wrong = { 'Upload-Checksum': `sha1 ${await digest('SHA-1', noise(1000, 3))}` }
  expect((await create(1000, { ...OFFSET, ...wrong }, file)).status).toBe(460)
  expect((await create(0)).status).toBe(400)
  expect(await (await create(0)).json()).toMatchObject({ error: { code: 'upload-empty' } })
  const large = await create(Number(env.MAX_UPLOAD_BYTES) + 1)
  expect(large.status).toBe(413)
  expect(large.headers.get('Tus-Max-Size')).toBe(env.MAX_UPLOAD_BYTES)
  expect((await create(1000, OFFSET, noise(1001))).status).toBe(413)
  expect((await create(1000, { 'Upload-Metadata': `codecs ${btoa('mpeg2')}` })).status).toBe(400)
  expect((await create(1000, { 'Tus-Resumable': '0.2.2' })).status).toBe(412)
  expect((await call('/api/uploads', 'POST', { 'Upload-Defer-Length': '1' })).status).toBe(400)
  expect((await create(1000, { Authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await create(1000, { Origin: 'http://other.test' })).status).toBe(403)
  expect(await listVideos(env.DB, 10, null)).toEqual([])
  expect((await env.MEDIA.list({ prefix: 'videos/' })).objects.filter(({ size }) => size === 1000)).toEqual([])
})

it('answers wrong use as the protocol says', async () => {
  const path = await started(1000)
  expect((await patch(path, 5, noise(10))).status).toBe(409)
  expect((await patch(path, 0, noise(1001))).status).toBe(413)
  expect((await call(path, 'PATCH', { 'Content-Type': 'text/plain', 'Upload-Offset': '0' }, 'x')).status).toBe(415)
  expect((await call(path, 'PATCH', OFFSET, 'x')).status).toBe(400)
  expect((await patch(path, 0, 'x', { 'Tus-Resumable': '0.2' })).status).toBe(412)
  expect((await patch('/api/uploads/abcdefghijkl', 0, 'x')).status).toBe(404)
  expect((await call('/api/uploads/abcdefghijkl', 'HEAD')).status).toBe(404)
  expect((await call('/api/uploads/abcdefghijkl', 'DELETE')).status).toBe(404)
  expect((await call('/api/uploads/..%2Fa', 'HEAD')).status).toBe(404)
  expect((await call(path, 'GET')).status).toBe(405)
  expect((await call(path, 'HEAD', { Authorization: '' })).status).toBe(401)
  expect((await patch(path, 0, 'x', { Authorization: '' })).status).toBe(401)
  expect(await offsetOf(path)).toBe(0)
})

it('tells what it can without asking who asks', async () => {
  const answer = await exports.default.fetch('http://edge.test/api/uploads', { method: 'OPTIONS' })
  expect(answer.status).toBe(204)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'tus-version': '1.0.0',
    'tus-extension': 'creation,creation-with-upload,termination,checksum,expiration',
    'tus-checksum-algorithm': 'sha1,md5,sha256',
    'tus-max-size': env.MAX_UPLOAD_BYTES,
  })
  const head = await call(await started(10), 'HEAD')
  expect(Object.fromEntries(head.headers)).toMatchObject({ 'upload-length': '10', 'upload-offset': '0', 'cache-control': 'no-store' })
  expect(head.headers.get('Upload-Metadata')).toBe(`filename ${btoa('clip.mp4')},filetype ${btoa('video/mp4')}`)
  expect(head.headers.get('Access-Control-Allow-Origin')).toBeNull()
})

it('takes the method from X-HTTP-Method-Override, and the same rights', async () => {
  const path = await started(4)
  const override = { ...OFFSET, 'Upload-Offset': '0', 'X-HTTP-Method-Override': 'PATCH' }
  expect((await call(path, 'POST', { ...override, Authorization: '' }, 'abcd')).status).toBe(401)
  expect((await call(path, 'POST', { ...OFFSET }, 'abcd')).status).toBe(405)
  expect((await call(path, 'POST', override, 'abcd')).status).toBe(204)
  expect(await sourceOf(path)).toEqual(new TextEncoder().encode('abcd'))
})

it('is gone after termination, and cannot be terminated when it is complete', async () => {
  const path = await started(PART_BYTES + 5)
  await patch(path, 0, noise(PART_BYTES))
  expect((await call(path, 'DELETE')).status).toBe(204)
  expect((await call(path, 'HEAD')).status).toBe(404)
  expect(await getVideo(env.DB, idOf(path))).toBeNull()
  await runInDurableObject(stubOf(path), async (_object, { storage }) => {
    expect(storage.sql.exec(`SELECT name FROM sqlite_master WHERE name IN ('upload', 'parts', 'remainder')`).toArray()).toEqual([])
    expect(await storage.getAlarm()).toBeNull()
  })

  const done = await started(3)
  await patch(done, 0, 'abc')
  expect((await call(done, 'DELETE')).status).toBe(409)
  expect(await sourceOf(done)).not.toBeNull()
})

it('expires after six days with 410, and is unknown long after', async () => {
  const path = await started(1000)
  const answer = await patch(path, 0, noise(10))
  const expiresMs = Date.parse(answer.headers.get('Upload-Expires')!)
  expect(Math.abs(expiresMs - Date.now() - UPLOAD_TTL_MS)).toBeLessThan(60_000)
  const wake = (sql = '') =>
    runInDurableObject(stubOf(path), async (_object, { storage }) => {
      if (sql !== '') storage.sql.exec(sql)
    }).then(() => runDurableObjectAlarm(stubOf(path)))

  // An alarm that comes early changes nothing.
  expect(await wake()).toBe(true)
  expect(await offsetOf(path)).toBe(10)
  // Late is late, also before the alarm has come.
  await runInDurableObject(stubOf(path), async (_object, { storage }) => void storage.sql.exec('UPDATE upload SET expires_ms = 1'))
  expect((await patch(path, 10, noise(10))).status).toBe(410)
  expect(await wake()).toBe(true)
  expect((await call(path, 'HEAD')).status).toBe(410)
  expect((await patch(path, 10, noise(10))).status).toBe(410)
  expect(await getVideo(env.DB, idOf(path))).toBeNull()
  expect(await wake()).toBe(true)
  expect((await call(path, 'HEAD')).status).toBe(404)
})

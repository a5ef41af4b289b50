/**
 * One file on its way up by tus 1.0.0. tus-js-client keeps the address of every unfinished upload in localStorage by the
 * file's fingerprint, so that choosing the same file again, today or tomorrow, goes on where it stopped.
 */
import { defaultOptions, DetailedError, Upload } from 'tus-js-client'
import { errorOf } from '../api.ts'

/** Cloudflare's small plans refuse bodies over 100 MB. Less than a chunk is lost on a broken connection, so not larger than need be. */
const CHUNK_BYTES = 32 * 1024 * 1024
/** Short waits first; afterwards the page waits for the network itself. */
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000, 8000]
/** After the short waits: how often to try when the browser does not tell that the network is back. */
const RECONNECT_MS = 10_000
/** How long a cancelled upload waits for the answer that tells its address, so that it can be deleted. */
const CREATION_MS = 5_000

export interface TransferEvents {
  /** The upload has an address: its last part is the id of the video. */
  created(videoId: string): void
  progress(sentBytes: number): void
  /** No connection; the transfer goes on by itself when there is one. */
  reconnecting(): void
  uploaded(): void
  /** Given up. `status` 401: not signed in. */
  failed(message: string, status: number): void
}

export interface Transfer {
  /** Starts or goes on; returns at once. */
  start(): void
  pause(): void
  /** Stops and tells the server to forget what arrived, also when that was on an earlier visit. */
  cancel(): Promise<void>
}

/** A transfer of `file`. `videoId`: goes on with this upload where this browser kept no address for the file itself. */
export function createTransfer(file: File, videoId: string | null, events: TransferEvents): Transfer {
  let wanted = false
  let running = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let prepared: Promise<void> | null = null
  /** A creation that was not answered yet. Stopping it would leave an upload that nobody has the address of. */
  let creation: PromiseWithResolvers<void> | null = null
  /** Status of a HEAD that was refused; see `onAfterResponse`. */
  let headStatus = 0

  const upload = new Upload(file, {
    endpoint: '/api/uploads',
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_DELAYS_MS,
    removeFingerprintOnSuccess: true,
    metadata: { filename: file.name, filetype: file.type },
    onBeforeRequest(request) {
      if (request.getMethod() === 'POST') creation = Promise.withResolvers()
    },
    onAfterResponse(request, response) {
      const status = response.getStatus()
      headStatus = 0
      if (request.getMethod() !== 'HEAD' || status < 300 || status === 404 || status === 410) return
      // tus-js-client takes any other refusal for "unknown upload" and would begin a new one from the first byte.
      headStatus = status
      throw new Error(`the state of the upload cannot be asked for: status ${status}`)
    },
    onShouldRetry(error) {
      creationAnswered()
      const passing = isPassing(error.originalResponse?.getStatus() ?? headStatus)
      if (passing && wanted) events.reconnecting()
      return passing && wanted && navigator.onLine
    },
    onUploadUrlAvailable() {
      creationAnswered()
      events.created(idOf(upload.url ?? ''))
      if (!wanted) stop()
    },
    onProgress(sentBytes) {
      if (wanted) events.progress(sentBytes)
    },
    onSuccess() {
      events.uploaded()
    },
    onError(error) {
      creationAnswered()
      running = false
      if (!wanted) return
      const response = error instanceof DetailedError ? error.originalResponse : null
      const status = response?.getStatus() ?? headStatus
      if (isPassing(status)) void reconnectLater()
      else if (status === 401) fail('You are not signed in, or no longer. Sign in, then try again.', status)
      else fail(errorOf(status, response?.getBody() ?? '').message, status)
    },
  })

  function fail(message: string, status: number): void {
    wanted = false
    events.failed(message, status)
  }
  async function reconnectLater(): Promise<void> {
    // A file that was moved or changed since it was chosen fails the request just as a lost connection does.
    const readable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(Boolean, () => false)
    if (!wanted) return
    if (!readable) return fail('The file cannot be read any more: it was moved, changed or removed. Choose it again.', 0)
    events.reconnecting()
    addEventListener('online', go)
    timer = setTimeout(go, RECONNECT_MS)
  }
  function calm(): void {
    removeEventListener('online', go)
    clearTimeout(timer)
  }
  function go(): void {
    calm()
    void begin()
  }
  async function begin(): Promise<void> {
    await (prepared ??= findEarlier())
    if (!wanted || running) return
    running = true
    upload.start()
  }
  async function findEarlier(): Promise<void> {
    const earlier = (await upload.findPreviousUploads()).filter(({ uploadUrl }) => uploadUrl !== null)
    const newestFirst = earlier.toSorted((a, b) => Date.parse(b.creationTime) - Date.parse(a.creationTime))
    const known = newestFirst.find(({ uploadUrl }) => videoId === null || idOf(uploadUrl ?? '') === videoId)
    if (known !== undefined) upload.resumeFromPreviousUpload(known)
    else if (videoId !== null) upload.options.uploadUrl = `/api/uploads/${videoId}`
  }
  function creationAnswered(): void {
    creation?.resolve()
    creation = null
  }
  function stop(): void {
    running = false
    void upload.abort()
  }

  return {
    start() {
      wanted = true
      go()
    },
    pause() {
      wanted = false
      calm()
      if (creation === null) stop()
    },
    async cancel() {
      wanted = false
      calm()
      if (creation !== null) await Promise.race([creation.promise, sleep(CREATION_MS)])
      stop()
      const id = upload.url === null ? videoId : idOf(upload.url)
      if (id !== null) await cancelUpload(id)
    },
  }
}

/** Ends an upload, also one that another visit began. One the server no longer has counts as ended. */
export async function cancelUpload(videoId: string): Promise<void> {
  const response = await fetch(`/api/uploads/${videoId}`, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } })
  if (!response.ok && response.status !== 404 && response.status !== 410) throw errorOf(response.status, await response.text())
  await forgetAddress(videoId)
}

/** Ids of the unfinished uploads that this browser knows the address of. */
export async function rememberedIds(): Promise<string[]> {
  const kept = await defaultOptions.urlStorage.findAllUploads()
  return [...new Set(kept.flatMap(({ uploadUrl }) => (uploadUrl === null ? [] : [idOf(uploadUrl)])))]
}

/** The server no longer knows this upload: its address is of no use. */
export async function forgetAddress(videoId: string): Promise<void> {
  const kept = await defaultOptions.urlStorage.findAllUploads()
  for (const { uploadUrl, urlStorageKey } of kept) {
    if (uploadUrl !== null && idOf(uploadUrl) === videoId) await defaultOptions.urlStorage.removeUpload(urlStorageKey)
  }
}

/** No answer, a conflict or lock that another request holds, too many requests, and trouble of the server pass by themselves. */
function isPassing(status: number): boolean {
  return status === 0 || status === 409 || status === 423 || status === 429 || status >= 500
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function idOf(url: string): string {
  return new URL(url, location.href).pathname.split('/').findLast((part) => part !== '') ?? ''
}

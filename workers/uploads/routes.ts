/**
 * `/api/uploads`: tus 1.0.0. Here is decided who may upload and what; the bytes and the protocol are the upload object's,
 * one per upload, named after the video it becomes.
 */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { VideoId } from '../../protocol/ids.ts'
import type { App } from '../context.ts'
import { needAdmin } from '../auth/middleware.ts'
import { HttpError } from '../errors.ts'
import { newVideoId } from '../videos/new-id.ts'
import { readMetadata } from './metadata.ts'

const TUS = { 'Tus-Resumable': '1.0.0' }

/** The routes below `/api/uploads`. */
export const uploads = new Hono<App>()
  // What the server can do is no secret, and tus asks it without credentials.
  .options('/:id?', (c) =>
    c.body(null, 204, {
      ...TUS,
      'Tus-Version': '1.0.0',
      'Tus-Extension': 'creation,creation-with-upload,termination,checksum,expiration',
      'Tus-Max-Size': c.env.MAX_UPLOAD_BYTES,
      'Tus-Checksum-Algorithm': 'sha1,md5,sha256',
    }),
  )
  .use(needAdmin)
  .post('/', async (c) => {
    checkVersion(c)
    checkConcat(c)
    checkLength(c)
    readMetadata(c.req.header('Upload-Metadata') ?? '')
    return forward(c, newVideoId(), 'POST')
  })
  .on(['HEAD', 'PATCH', 'DELETE', 'POST', 'GET'], '/:id', async (c) => {
    // "A Client MAY use X-HTTP-Method-Override" where its network takes no PATCH or DELETE (tus 1.0.0, core).
    const method = c.req.method === 'POST' ? (c.req.header('X-HTTP-Method-Override')?.toUpperCase() ?? 'POST') : c.req.raw.method
    if (method !== 'HEAD' && method !== 'PATCH' && method !== 'DELETE') {
      throw new HttpError('method-not-allowed', undefined, { Allow: 'HEAD, PATCH, DELETE, OPTIONS' })
    }
    checkVersion(c)
    const id = c.req.param('id')
    if (!v.is(VideoId, id)) throw new HttpError('upload-not-found', undefined, TUS)
    return forward(c, id, method)
  })

async function forward(c: Context<App>, id: string, method: string): Promise<Response> {
  const url = new URL(`/api/uploads/${id}`, c.req.url)
  const { body } = c.req.raw
  const headers = new Headers(c.req.raw.headers)
  // "Upload-Metadata MAY be empty" (tus 1.0.0, creation); @tus/server refuses an empty one and takes none.
  if (headers.get('Upload-Metadata')?.trim() === '') headers.delete('Upload-Metadata')
  const response = await c.env.UPLOADS.getByName(id).fetch(new Request(url, { method, headers, body }))
  return new Response(response.body, response)
}

function checkVersion(c: Context<App>): void {
  if (c.req.header('Tus-Resumable') !== '1.0.0') throw new HttpError('tus-version', undefined, { ...TUS, 'Tus-Version': '1.0.0' })
}

/** Concatenation is an extension of tus that is not offered here. Taken for whole uploads, its parts would become videos of their own. */
function checkConcat(c: Context<App>): void {
  if (c.req.header('Upload-Concat') === undefined) return
  const message = 'This server has no concatenation: send the file as one upload (parallelUploads: 1 in tus-js-client).'
  throw new HttpError('bad-request', message, TUS)
}

function checkLength(c: Context<App>): void {
  const text = c.req.header('Upload-Length') ?? ''
  if (!/^\d{1,15}$/.test(text)) throw new HttpError('bad-request', 'Upload-Length, the size of the file in bytes, is needed.', TUS)
  const sizeBytes = Number(text)
  if (sizeBytes === 0) throw new HttpError('upload-empty', undefined, TUS)
  const maxBytes = Number(c.env.MAX_UPLOAD_BYTES)
  if (sizeBytes > maxBytes) {
    const message = `The file has ${sizeBytes} bytes; this server takes at most ${maxBytes} (MAX_UPLOAD_BYTES).`
    throw new HttpError('upload-too-large', message, { ...TUS, 'Tus-Max-Size': String(maxBytes) })
  }
}

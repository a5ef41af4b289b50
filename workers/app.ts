/** Every route of the edge on one screen. A folder a conversation: its `routes.ts` is the app mounted here. */
import { Hono } from 'hono'
import { sameOrigin } from './auth/middleware.ts'
import { auth } from './auth/routes.ts'
import { delivery } from './delivery/routes.ts'
import { shape } from './delivery/shape/middleware.ts'
import type { App } from './context.ts'
import { onError, onNotFound } from './errors.ts'
import { manifests } from './manifests/routes.ts'
import { pages } from './pages/routes.ts'
import { runners } from './pipeline/routes.ts'
import { uploads } from './uploads/routes.ts'
import { videos } from './videos/routes.ts'

export const app = new Hono<App>()
  .use('/api/*', sameOrigin)
  .use('/v/*', shape)
  .route('/api/session', auth)
  .route('/api/uploads', uploads)
  .route('/api/videos', videos)
  .route('/api/runners', runners)
  .route('/v', manifests)
  .route('/v', delivery)
  .route('/', pages)
  .onError(onError)
  .notFound(onNotFound)

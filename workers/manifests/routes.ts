import { Hono } from 'hono'
import type { App } from '../app.ts'

export const manifests = new Hono<App>()

import { Hono } from 'hono'
import type { App } from '../app.ts'

export const uploads = new Hono<App>()

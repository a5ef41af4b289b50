import { Hono } from 'hono'
import type { App } from '../app.ts'

export const videos = new Hono<App>()

import { Hono } from 'hono'
import type { App } from '../app.ts'

export const auth = new Hono<App>()

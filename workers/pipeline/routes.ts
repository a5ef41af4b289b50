import { Hono } from 'hono'
import type { App } from '../app.ts'

export const runners = new Hono<App>()

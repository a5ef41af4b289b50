import { Hono } from 'hono'
import type { App } from '../app.ts'

export const pages = new Hono<App>()

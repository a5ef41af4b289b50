import { Hono } from 'hono'
import type { App } from '../app.ts'

export const delivery = new Hono<App>()

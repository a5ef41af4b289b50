import { Metadata } from '@tus/server'
import { expect, it } from 'vitest'
import { readMetadata } from './metadata.ts'

const read = (fields: Record<string, string | null>) => readMetadata(Metadata.stringify(fields))

it('takes what tus-js-client and Uppy send', () => {
  expect(read({ filename: 'holiday.mp4', filetype: 'video/mp4' })).toEqual({
    name: 'holiday.mp4',
    title: 'holiday',
    type: 'video/mp4',
    codecs: ['h264'],
  })
  expect(read({ relativePath: null, name: 'a b.tar.mkv', type: 'video/x-matroska', filename: 'a b.tar.mkv' }).title).toBe('a b.tar')
  expect(readMetadata('')).toEqual({ name: 'upload', title: 'Untitled', type: 'application/octet-stream', codecs: ['h264'] })
  expect(read({ filename: 'x.mp4', title: '  My film ' }).title).toBe('My film')
})

it('keeps strange names as text', () => {
  expect(read({ filename: '../../etc/pass/wd 🎬.mp4' })).toMatchObject({ name: '../../etc/pass/wd 🎬.mp4', title: 'wd 🎬' })
  expect(read({ filename: 'C:\\films\\a.mov' }).title).toBe('a')
  expect(read({ filename: 'a\u0000b\r\nc\u202ed.mp4' })).toMatchObject({ name: 'a b  cd.mp4', title: 'a b  cd' })
  expect(read({ filename: '.mp4' }).title).toBe('.mp4')
  expect(read({ filename: '///' })).toMatchObject({ name: '///', title: 'Untitled' })
  expect(read({ filename: ' \n\t ' })).toMatchObject({ name: 'upload', title: 'Untitled' })
  expect(read({ filename: '👨‍👩‍👧.mp4' }).title).toBe('👨‍👩‍👧')
})

it('bounds what is long without cutting an emoji in half', () => {
  const { name, title } = read({ filename: `${'👨‍👩‍👧'.repeat(1000)}.mp4` })
  expect(name.length).toBeLessThanOrEqual(255)
  expect(title.length).toBeLessThanOrEqual(200)
  expect(title).toBe('👨‍👩‍👧'.repeat(title.length / 8))
  expect(read({ filename: 'x'.repeat(1000) }).name).toBe('x'.repeat(255))
  expect(() => read({ filename: 'x'.repeat(25_000) })).toThrow('longer than')
})

it('serves nothing back as a type that a browser would run', () => {
  expect(read({ filetype: 'text/html' }).type).toBe('application/octet-stream')
  expect(read({ filetype: 'video/mp4\r\nX: y' }).type).toBe('application/octet-stream')
  expect(read({ filetype: 'Audio/MPEG' }).type).toBe('audio/mpeg')
})

it('knows the codecs and refuses others, and headers that are none', () => {
  expect(read({ codecs: 'h264, AV1,h264' }).codecs).toEqual(['h264', 'av1'])
  expect(() => read({ codecs: 'h264,mpeg2' })).toThrow('codecs is a list of')
  expect(() => readMetadata('filename not-base64!')).toThrow('Upload-Metadata is a list')
  expect(() => readMetadata('filename YQ==,filename YQ==')).toThrow('Upload-Metadata is a list')
})

import { expect, test } from 'vitest'
import type { Mpd } from './model.ts'
import { printMpd } from './print-mpd.ts'

const mpd: Mpd = {
  durationSeconds: 12.012,
  adaptationSets: [
    {
      contentType: 'video',
      representations: [
        {
          id: '720p-h264',
          codecs: 'avc1.64001f',
          bandwidthBps: 2_500_000.4,
          video: { width: 1280, height: 720, frameRate: { num: 24000, den: 1001 } },
          timescale: 24000,
          initialization: '$RepresentationID$/init.mp4',
          media: '$RepresentationID$/$Number$.m4s',
          segments: [96096, 96096, 96096, 4004].map((durationTicks) => ({ durationTicks })),
        },
      ],
    },
    {
      contentType: 'audio',
      language: 'en',
      representations: [
        {
          id: 'audio-aac',
          codecs: 'mp4a.40.2',
          bandwidthBps: 128_000,
          audio: { sampleRateHz: 48000, channels: 2 },
          timescale: 48000,
          initialization: '$RepresentationID$/init.mp4',
          media: '$RepresentationID$/$Number$.m4s',
          segments: [192512, 191488, 192512].map((durationTicks) => ({ durationTicks })),
        },
      ],
    },
    { contentType: 'audio', representations: [] },
  ],
}

test('an MPD reads like this', () => {
  expect(printMpd(mpd)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT12.012S" maxSegmentDuration="PT4.010667S" minBufferTime="PT4S">
  <Period id="0" start="PT0S">
    <AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <Representation id="720p-h264" codecs="avc1.64001f" bandwidth="2500001" width="1280" height="720" frameRate="24000/1001">
        <SegmentTemplate timescale="24000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">
          <SegmentTimeline>
            <S t="0" d="96096" r="2"/>
            <S d="4004"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <Representation id="audio-aac" codecs="mp4a.40.2" bandwidth="128000" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <SegmentTemplate timescale="48000" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number$.m4s" startNumber="0">
          <SegmentTimeline>
            <S t="0" d="192512"/>
            <S d="191488"/>
            <S d="192512"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`)
})

test('whole seconds, whole frame rates, later starts', () => {
  const [video] = mpd.adaptationSets
  const [one] = video?.representations ?? []
  if (video === undefined || one === undefined) throw new Error('no video')
  const late = { ...one, startNumber: 7, startTicks: 700, video: { width: 2, height: 2, frameRate: { num: 25, den: 1 } } }
  const text = printMpd({ durationSeconds: 3600, minBufferSeconds: 0.5, adaptationSets: [{ ...video, representations: [late] }] })
  expect(text).toContain('mediaPresentationDuration="PT3600S"')
  expect(text).toContain('minBufferTime="PT0.5S"')
  expect(text).toContain('startNumber="7"')
  expect(text).toContain('<S t="700" d="96096" r="2"/>')
  expect(text).toContain('frameRate="25"')
})

test('what comes from outside cannot leave its attribute', () => {
  const text = printMpd({
    durationSeconds: 0,
    adaptationSets: [
      { contentType: 'audio', language: `"><x y='&\n\u0000`, representations: mpd.adaptationSets[1]?.representations ?? [] },
    ],
  })
  expect(text).toContain('lang="&quot;&gt;&lt;x y=&apos;&amp;&#10;"')
})

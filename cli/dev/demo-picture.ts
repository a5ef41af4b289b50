/** How the demo video is drawn, as FFmpeg arguments: one filter graph, no input files, 720p at 30 frames per second. */

const SECONDS = 30
const FRAME_RATE = 30

/** Everything but the name of the output file. */
export function demoArgs(): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-y', '-filter_complex', graph(), '-map', '[picture]', '-map', '[sound]'],
    ...['-t', String(SECONDS), '-c:v', 'libx264', '-preset', 'superfast', '-crf', '20', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '160k', '-movflags', '+faststart'],
  ]
}

function graph(): string {
  const colours = `gradients=s=320x180:r=${FRAME_RATE}:n=4:c0=0x0b1b3f:c1=0x1478a8:c2=0x6b3fa0:c3=0xe8743b:x0=0:y0=0:x1=320:y1=180:speed=0.02:d=${SECONDS}`
  const life = `life=s=160x90:r=10:mold=12:ratio=0.12:death_color=#102040:life_color=#ffffff:mold_color=#0a1020:seed=7`
  const title = `drawtext=text='Sluice':fontcolor=white:fontsize=150:x=(w-text_w)/2:y=(h-text_h)/2-40:alpha='min(1,t/1.5)'`
  const subtitle = `drawtext=text='a video platform that runs on the edge':fontcolor=white@0.85:fontsize=34:x=(w-text_w)/2:y=(h-text_h)/2+75:alpha='clip(t-1,0,1)'`
  const counter = `drawtext=text='%{pts\\:hms}   frame %{n}':fontcolor=white@0.9:fontsize=34:x=40:y=h-74`
  return [
    `${colours},scale=640:360:flags=bicubic,format=yuv420p[colours]`,
    `${life},fps=${FRAME_RATE},scale=640:360:flags=neighbor,format=yuv420p[life]`,
    // Blending is what takes longest: a quarter of the pixels is enough for soft colours and square cells. Letters are drawn sharp.
    `[colours][life]blend=all_mode=screen:all_opacity=0.22,scale=1280:720:flags=fast_bilinear,${title},${subtitle},${counter},format=yuv420p[picture]`,
    `aevalsrc='${chord()}':s=8000:d=${SECONDS}:c=stereo,aresample=48000,asetnsamples=1024,afade=t=in:d=1.5,afade=t=out:st=${SECONDS - 2}:d=2[sound]`,
  ].join(';')
}

/** Drawn at 8 kHz, which is ample for sines below 500 Hz and six times cheaper. Four slow chords, each voice swelling at its own pace, a little to the left or right. */
function chord(): string {
  const chords = [
    [130.81, 196, 261.63, 329.63, 493.88],
    [110, 164.81, 261.63, 329.63, 392],
    [87.31, 174.61, 220, 329.63, 440],
    [98, 196, 246.94, 293.66, 440],
  ]
  const beatSeconds = SECONDS / 8
  const side = (pan: number): string =>
    chords
      .map((notes, i) => {
        const voices = notes
          .map((hz, n) => `sin(2*PI*${hz}*t)*(1+0.5*sin(t*${(0.7 + n * 0.31).toFixed(2)}+${(n * pan).toFixed(2)}))`)
          .join('+')
        return `eq(mod(floor(t/${beatSeconds}),4),${i})*min(1,8*mod(t,${beatSeconds}))*min(1,8*(${beatSeconds}-mod(t,${beatSeconds})))*0.07*(${voices})`
      })
      .join('+')
  return `${side(1)}|${side(2.4)}`
}

/** What there is to learn on this page, in a few sentences. */
import { html } from 'lit'

export const explanation = html`<section class="progressive-lessons">
  <h2>What one can see here</h2>
  <dl>
    <div>
      <dt>Jumping needs no special server</dt>
      <dd>
        A player that wants the middle asks for it: <code>Range: bytes=45000000-45999999</code>. The server answers
        <code>206 Partial Content</code> with just these bytes, and says in <code>Content-Range</code> which they are. That is all a server
        has to know. One that answers 200 with the whole file makes a player start over.
      </dd>
    </div>
    <div>
      <dt>Where the index lies costs a round trip</dt>
      <dd>
        An MP4 says in <code>moov</code> where every frame lies. At the end of the file, where cameras write it, one request more goes there
        and back before the first frame. WebM keeps a list of keyframes, its Cues.
      </dd>
    </div>
    <div>
      <dt>Decoding begins at a keyframe</dt>
      <dd>
        Only the frames at the red ticks can be decoded alone. A seek fetches from the tick before it, and decodes on from there to the
        frame that was asked for. Far apart, they make seeking slow; close together, the file large.
      </dd>
    </div>
    <div>
      <dt>One size for every network</dt>
      <dd>
        Pull the slider below what the file needs. On the left the picture stays sharp and stops; on the right it becomes softer and goes
        on. On a fast network the left side pays, too: what was fetched ahead and never watched was one large stream.
      </dd>
    </div>
  </dl>
</section>`

import { Router } from 'express';
import { page } from '../provider/style.js';
import { script } from './script.js';

const body = `<h1>Sign-in through the gateway</h1>
<p id="status" class="quiet" role="status">Looking whether you are signed in …</p>
<noscript><p class="fault">This page needs JavaScript.</p></noscript>
<div id="outside" hidden>
<p>The gateway hands the sign-in to the auth sidecar, the sidecar to the identity provider. This page never sees a token: they are in cookies that scripts can not read.</p>
<div class="row"><button id="sign-in" type="button">Sign in</button></div>
</div>
<div id="inside" hidden>
<p>Hello, <strong id="name"></strong>.</p>
<section>
<h2>Profile, from the user service: <code>GET /users/me</code></h2>
<pre id="profile" tabindex="0" aria-label="Profile"></pre>
</section>
<section hidden>
<h2>Your sessions: <code>GET /auth/sessions</code></h2>
<table id="sessions"></table>
</section>
<div class="row">
<button id="refresh" type="button">Refresh the session</button>
<button id="sign-out" type="button" class="plain">Sign out</button>
<button id="sign-out-everywhere" type="button" class="plain">Sign out at the provider too</button>
</div>
</div>`;

const demo = page('Sign-in demo', body, { script, connects: true, wide: true });

/** `GET /auth/demo`: a page that signs in, shows the profile, refreshes and signs out. For development; production never serves it. */
export function demoRoutes(): Router {
  const router = Router();
  router.get('/auth/demo', (_request, response) => {
    response.set(demo.headers).send(demo.html);
  });
  return router;
}

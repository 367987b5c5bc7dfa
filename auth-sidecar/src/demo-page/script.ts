/** What the demo page does in the browser: every call goes to its own origin, the gateway, with the session's cookies. */
export const script = `
const $ = (id) => document.getElementById(id);
const show = (id, visible) => { $(id).hidden = !visible; };
const say = (text, bad) => { $('status').textContent = text; $('status').className = bad ? 'fault' : 'quiet'; };
const ask = async (path, options = {}) => {
  const response = await fetch(path, { credentials: 'same-origin', headers: { Accept: 'application/json', 'Content-Type': 'application/json' }, ...options });
  const text = await response.text();
  let body = {};
  try { body = text === '' ? {} : JSON.parse(text); } catch { body = { message: text.slice(0, 200) }; }
  if (!response.ok) throw Object.assign(new Error(body.message || response.statusText), { status: response.status, body });
  return body;
};
const post = (path, body = {}) => ask(path, { method: 'POST', body: JSON.stringify(body) });
const here = location.origin + location.pathname;
const failed = (error) => say(error.status ? error.status + ' ' + error.message : 'The gateway can not be reached.', true);

const row = (name, value) => {
  const tr = document.createElement('tr');
  const th = Object.assign(document.createElement('th'), { scope: 'row', textContent: name });
  const td = Object.assign(document.createElement('td'), { textContent: value });
  tr.append(th, td);
  return tr;
};

const showSessions = async () => {
  const { sessions } = await ask('/auth/sessions');
  const time = (text) => new Date(text).toLocaleTimeString();
  $('sessions').replaceChildren(...sessions.map((session) =>
    row(session.current ? 'this one' : 'another', session.device + ', since ' + time(session.since) + ', last seen ' + time(session.lastSeen))));
  $('sessions').closest('section').hidden = sessions.length === 0;
};

const load = async () => {
  try {
    const profile = await ask('/users/me');
    localStorage.setItem('signed-in', 'yes');
    $('profile').textContent = JSON.stringify(profile, null, 2);
    $('name').textContent = [profile.firstName, profile.lastName].filter(Boolean).join(' ') || profile.email || profile.id;
    show('inside', true);
    show('outside', false);
    await showSessions().catch(() => undefined);
    return true;
  } catch (error) {
    show('inside', false);
    show('outside', true);
    if (error.status !== 401) failed(error);
    return false;
  }
};

const signIn = async () => {
  say('Asking for the address of the identity provider …');
  const { authUrl } = await post('/auth/login', { redirectUri: here });
  location.assign(authUrl);
};

const refresh = async () => {
  const { expiresIn } = await post('/auth/refresh');
  await load();
  say('The session was refreshed: the new access token is good for ' + expiresIn + ' seconds.');
};

const signOut = async (everywhere) => {
  const { message, endSessionUrl } = await post('/auth/logout', { redirectUri: here });
  localStorage.removeItem('signed-in');
  await load();
  say(message);
  if (everywhere && endSessionUrl) location.assign(endSessionUrl);
};

const on = (id, action) => $(id).addEventListener('click', () => {
  const buttons = document.querySelectorAll('button');
  for (const button of buttons) button.disabled = true;
  action().catch(failed).finally(() => { for (const button of buttons) button.disabled = false; });
});
on('sign-in', signIn);
on('refresh', refresh);
on('sign-out', () => signOut(false));
on('sign-out-everywhere', () => signOut(true));

const silently = async () => {
  // The access token may be over while the session is not.
  if (await load()) return say('You are signed in.');
  try {
    if (localStorage.getItem('signed-in') === null) throw new Error('nobody was signed in');
    await post('/auth/refresh');
    await load();
    say('You are signed in; the session was refreshed.');
  } catch {
    localStorage.removeItem('signed-in');
    say('You are not signed in.');
  }
};
silently();
`;

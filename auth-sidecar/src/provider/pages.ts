import type { Realm } from './realm.js';
import { escapeHtml, type Page, page } from './style.js';

/** What a log-in page shows beside its form. */
export interface LoginView {
  readonly action: string;
  /** What was typed last time. */
  readonly username: string;
  readonly failed: boolean;
}

/** The log-in form: names of its fields as Keycloak's, so that one client of forms fits both. */
export function loginPage(realm: Realm, { action, username, failed }: LoginView): Page {
  const fault = failed ? '<p class="fault" role="alert" id="fault">Wrong user name or password.</p>' : '';
  const described = failed ? ' aria-invalid="true" aria-describedby="fault"' : '';
  return page(
    `Sign in – ${realm.displayName}`,
    `<h1>Sign in</h1>
<p class="quiet">to ${escapeHtml(realm.client.name)}</p>
${fault}
<form method="post" action="${escapeHtml(action)}">
<label for="username">User name or email</label>
<input id="username" name="username" value="${escapeHtml(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${username === '' ? ' autofocus' : ''}${described}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${username === '' ? '' : ' autofocus'}${described}>
<button type="submit">Sign in</button>
</form>
<details>
<summary>People of this development provider</summary>
<table>
<tr><th scope="col">User name</th><th scope="col">Password</th><th scope="col">Roles</th></tr>
${realm.users.map(userRow).join('\n')}
</table>
</details>`,
  );
}

const userRow = ({ username, password, roles }: Realm['users'][number]): string =>
  `<tr><td>${escapeHtml(username)}</td><td>${escapeHtml(password)}</td><td>${escapeHtml(roles.join(', '))}</td></tr>`;

/** Asks whether to end the session; with `sure` the form goes off by itself where scripts run. */
export function logoutPage(realm: Realm, form: string, sure: boolean): Page {
  return page(
    `Sign out – ${realm.displayName}`,
    `<h1>Sign out</h1>
<p class="quiet">This ends your session for ${escapeHtml(realm.client.name)}.</p>
${form.replace('</form>', '<input type="hidden" name="logout" value="yes"><button type="submit">Sign out</button></form>')}`,
    sure ? { script: 'document.forms[0].submit();' } : {},
  );
}

/** Says that the session ended, where no application waits. */
export const signedOutPage = (realm: Realm): Page =>
  page(`Signed out – ${realm.displayName}`, '<h1>You are signed out</h1>\n<p class="quiet">You can close this page.</p>');

/** Says what went wrong, in the terms of OAuth. */
export const faultPage = (realm: Realm, error: string, description: string): Page =>
  page(
    `Error – ${realm.displayName}`,
    `<h1>This did not work</h1>
<p class="fault" role="alert">${escapeHtml(description || error)}</p>
<p class="quiet"><code>${escapeHtml(error)}</code> – go back to the application and sign in again.</p>`,
  );

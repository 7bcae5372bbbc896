// Who the page acts as: a test user of the development issuer, and a token for that user.
//
// The token lives in memory; who it is for lives in sessionStorage, so a reload of the tab asks for a new one.
// Outside development the issuer answers 404 and nothing of this is shown.

const GRANT = 'urn:dialog-graph:dev';
const STORED = 'dialog-graph:identity';
const RENEW_BEFORE_MS = 60_000;

export interface TestUser {
  key: string;
  name: string;
}

export interface TestUsers {
  persons: TestUser[];
  organisations: TestUser[];
}

export interface Identity {
  key: string;
  level: number;
}

let identity: Identity | null = read();
let token: { text: string; expires: number } | null = null;

export function current(): Identity | null {
  return identity;
}

export async function testUsers(): Promise<TestUsers | null> {
  const answer = await fetch('/dev-issuer/parties', { headers: { accept: 'application/json' } }).catch(() => null);
  if (!answer?.ok) {
    forget();
    return null;
  }
  const found = await answer.json();
  return { persons: found.persons ?? [], organisations: found.organisations ?? [] };
}

// Acts as `chosen` from now on. Throws when the issuer gives no token; then nobody is chosen.
export async function become(chosen: Identity | null): Promise<void> {
  forget();
  if (chosen === null) return;
  identity = chosen;
  try {
    await renew(chosen);
    sessionStorage.setItem(STORED, JSON.stringify(chosen));
  } catch (error) {
    forget();
    throw error;
  }
}

// The value of the Authorization header, or null for nobody. Renews the token shortly before it ends.
export async function authorization(): Promise<string | null> {
  if (identity === null) return null;
  if (token === null || token.expires - Date.now() < RENEW_BEFORE_MS) {
    await renew(identity).catch(() => null);
  }
  return token && `Bearer ${token.text}`;
}

async function renew(chosen: Identity): Promise<void> {
  const answer = await fetch('/dev-issuer/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ grant_type: GRANT, ...chosen }),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const text: string = (await answer.json()).access_token;
  if (identity === chosen) token = { text, expires: expiry(text) };
}

function expiry(text: string): number {
  const claims = JSON.parse(atob(text.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  return claims.exp * 1000;
}

function forget(): void {
  identity = null;
  token = null;
  sessionStorage.removeItem(STORED);
}

function read(): Identity | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
  } catch {
    return null;
  }
}

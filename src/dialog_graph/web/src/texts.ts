// Texts of the page in Bokmål, Nynorsk and English; the browser's first known language wins.

export interface Texts {
  examples: string;
  kinds: Record<string, string>;
  actAs: string;
  nobody: string;
  persons: string;
  organisations: string;
  level: string;
  development: string;
  noToken: string;
}

const nb: Texts = {
  examples: 'Eksempler …',
  kinds: { inbox: 'Innboks', integration: 'Tjenesteeier', developer: 'Utvikler' },
  actAs: 'Opptre som',
  nobody: 'ingen (uten token)',
  persons: 'Personer',
  organisations: 'Tjenesteeiere',
  level: 'Nivå',
  development: 'utviklingsutstederen er på',
  noToken: 'Fikk ikke token',
};

const nn: Texts = {
  examples: 'Døme …',
  kinds: { inbox: 'Innboks', integration: 'Tenesteeigar', developer: 'Utviklar' },
  actAs: 'Opptre som',
  nobody: 'ingen (utan token)',
  persons: 'Personar',
  organisations: 'Tenesteeigarar',
  level: 'Nivå',
  development: 'utviklingsutferdaren er på',
  noToken: 'Fekk ikkje token',
};

const en: Texts = {
  examples: 'Examples …',
  kinds: { inbox: 'Inbox front end', integration: 'Service owner', developer: 'Developer' },
  actAs: 'Act as',
  nobody: 'nobody (no token)',
  persons: 'Persons',
  organisations: 'Service owners',
  level: 'Level',
  development: 'development issuer is on',
  noToken: 'No token was given',
};

const known: Record<string, Texts> = { nb, no: nb, nn, en };

const language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in known);

export const texts: Texts = known[language ?? 'en'];

// Runs the public audits of GraphQL over HTTP against the address given and prints their results as JSON.
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const rows = await Promise.all(
  results.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answer: response ? `${response.status} ${response.headers.get('content-type')}` : null,
  })),
);
console.log(JSON.stringify(rows));

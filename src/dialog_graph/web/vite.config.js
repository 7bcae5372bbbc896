// One HTML input per page; everything is served below /static/ by the same server, never from elsewhere.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const page = (name) => resolve(import.meta.dirname, name);

export default defineConfig({
  base: '/static/',
  publicDir: false,
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: '.static-new',
    emptyOutDir: true,
    chunkSizeWarningLimit: 5000,
    rolldownOptions: { input: [page('index.html'), page('graphiql.html')] },
  },
});

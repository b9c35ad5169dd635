export default {
  build: { target: 'es2022', rollupOptions: { input: ['index.html', 'encode.html'] } },
  worker: { format: 'es' },
};

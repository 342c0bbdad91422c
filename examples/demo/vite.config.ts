import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // The library and the components are used from their sources, two folders up.
  server: { fs: { allow: ['../..'] } },
  cacheDir: '../../node_modules/.vite/demo',
})

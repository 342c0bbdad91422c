import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // The library is used from its sources, two folders up.
  server: { fs: { allow: ['../..'] } },
  cacheDir: '../../node_modules/.vite/dashboard',
})

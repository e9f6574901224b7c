/**
 * How the journeys run: in the machine's own Chromium, each worker against a demo of its own, in
 * three projects. A test that fails has failed: there are no second tries.
 */
import { defineConfig, devices } from '@playwright/test';

/** For a browser that may run as root, without a graphics card, and that calls nobody. */
const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const desktop = { ...devices['Desktop Chrome'], viewport: { width: 1280, height: 900 } };
const phone = {
  ...devices['Desktop Chrome'],
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  retries: 0,
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['html', { open: 'never', outputFolder: 'playwright-report' }]],
  use: {
    actionTimeout: 15_000,
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.PAYDESK_CHROMIUM ?? '/usr/bin/chromium',
      args: CHROMIUM_ARGUMENTS,
    },
  },
  projects: [
    { name: 'hydrated', use: desktop },
    // What takes long and depends on no script is shown once.
    { name: 'no-javascript', use: { ...desktop, javaScriptEnabled: false }, grepInvert: /@once/ },
    { name: 'phone', use: phone, testMatch: /(tour|status)\.spec\.ts/, grepInvert: /@once/ },
  ],
});

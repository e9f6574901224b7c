/** How it is seen that the books hold, and how somebody else checks it. */
import { execFileSync } from 'node:child_process';

import { PROGRAM } from '../fixtures/demo';
import { expect, test } from '../fixtures/paydesk';
import { signIn } from '../fixtures/staff';

test('every rule is seen to hold, and the books are taken away and verified', async ({ page, demo, look }) => {
  test.setTimeout(180_000);
  await signIn(page, demo.analyst);
  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Proof' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Proof' })).toBeVisible();
  // A round begins once a minute.
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('Every rule holds')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 120_000 });
  await look('proof');

  const key = (await page.locator('code span.proof-key').innerText()).trim();
  const started = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the books' }).click();
  const download = await started;
  expect(download.suggestedFilename()).toMatch(/^books-.*\.jsonl$/);
  const said = execFileSync(PROGRAM, ['verify', await download.path(), '--public-key', key]);
  expect(said.toString()).toContain('records');

  await page.getByLabel('First day').fill('2020-01-02');
  await page.getByLabel('Last day').fill('2020-01-01');
  await page.getByRole('button', { name: 'Download the books' }).click();
  await expect(page.getByText('The first day is after the last.')).toBeVisible();
  await look('proof-refused');
});

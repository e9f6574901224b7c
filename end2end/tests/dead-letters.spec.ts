/** Dead letters: a demo in which nothing fails has none, and says so. */
import { expect, test } from '../fixtures/paydesk';
import { signIn } from '../fixtures/staff';

test('where nothing has failed for good the console says so, and the filter is an address', async ({ page, demo, look }) => {
  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Dead letters' }).click();

  await expect(page.getByRole('heading', { name: 'Dead letters', exact: true })).toBeVisible();
  await expect(page.getByText('No work has failed for good')).toBeVisible();
  await look('dead-letters-none');

  await page.getByLabel('State').selectOption({ label: 'Discarded' });
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/\/console\/dead-letters\?.*state=discarded/);
  await expect(page.getByText('No dead letter fits this filter')).toBeVisible();
});

test('a dead letter that is not there is said on a page of our own', async ({ page, demo }) => {
  await signIn(page, demo.analyst);

  const answer = await page.goto('/console/dead-letters/job_01jd0000000000000000000000');

  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'We could not find that' })).toBeVisible();
});

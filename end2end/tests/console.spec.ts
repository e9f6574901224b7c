/** The console's doors, its keyboard, and files that it cannot use. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, buy } from '../fixtures/shopper';
import { closeDay, fact, preview, signIn, takeIn } from '../fixtures/staff';

/** A day in the past, on which nobody paid; each test takes another one. */
function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

test('a wrong password is refused without saying what was wrong', async ({ page, demo, look }) => {
  await page.goto('/console/sign-in');
  await page.getByLabel('Email address').fill(demo.analyst.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();

  await expect(page.getByRole('alert')).toHaveText('The email address or the password is wrong.');
  await expect(page.getByLabel('Email address')).toHaveValue(demo.analyst.email);
  await expect(page.getByLabel('Password')).toHaveValue('');
  await look('sign-in-refused');
});

test('who is signed out is led to the sign-in page and back', async ({ page, demo }) => {
  for (const path of ['/console', '/console/payments', '/console/ledger', '/console/files']) {
    await page.goto(path);
    await expect(page).toHaveURL(/\/console\/sign-in\?next=/);
  }
  await page.goto('/console/mismatches?class=manual');

  await signIn(page, demo.analyst);
  await expect(page).toHaveURL(/\/console\/mismatches\?class=manual$/);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out.')).toBeVisible();
  await page.goto('/console/mismatches');
  await expect(page).toHaveURL(/\/console\/sign-in/);
});

test('what is not there is said on a page of our own', async ({ page, demo, look }) => {
  expect((await page.goto('/no/such/page'))?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'We could not find that' })).toBeVisible();

  await signIn(page, demo.analyst);
  for (const path of ['/console/nothing', '/console/mismatches/mis_01jd0000000000000000000000', '/console/payments/x']) {
    expect((await page.goto(path))?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'We could not find that' })).toBeVisible();
  }
  await look('console-not-found');
});

test.describe('with a file of today', () => {
  test.use({ needsFreshDemo: true });

  test('a large difference is proposed by one person and approved by another', async ({ page, demo, look }) => {
    test.setTimeout(120_000);
    await buy(page, demo, CARDS.pays, { 'Rope, 30 m': 1 });
    const file = await closeDay(page, demo, { faults: ['One line appears twice'] });
    await signIn(page, demo.analyst);
    await takeIn(page, file);
    await page.getByRole('link', { name: 'Reported twice' }).click();
    // What was credited twice: 89.50 less the processor's fee.
    await expect(fact(page, 'At stake')).toHaveText(/88\.00\s*EUR/);
    const mismatch = page.url();

    await preview(page, 'Claim it from the processor');
    await page.getByLabel('Reason').fill('The processor admits the repeat');
    await page.getByRole('button', { name: 'Propose for approval' }).click();

    await expect(page.getByText('Proposed. A second person has to approve it')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Approve and post' })).toHaveCount(0);
    await look('mismatch-proposed');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, demo.approver);
    await page.getByRole('link', { name: /Waiting for approval/ }).click();
    await page.getByRole('link', { name: 'Reported twice' }).click();
    await look('mismatch-to-approve');
    await page.getByRole('button', { name: 'Approve and post' }).click();

    await expect(page.getByText('Approved. The books have changed as proposed.')).toBeVisible();
    await expect(page).toHaveURL(new RegExp(mismatch.split('?')[0] ?? ''));
    await expect(fact(page, 'State')).toHaveText('Resolved');
    await expect(fact(page, 'Approved by')).toHaveText('Ben Approver');
    await page.getByRole('link', { name: 'Trial balance' }).click();
    await expect(page.getByRole('row', { name: /^Suspense/ }).filter({ hasText: /\d/ })).toHaveCount(0);
  });

  test('a mismatch is found and resolved with the keyboard alone', async ({ page, demo }) => {
    test.setTimeout(120_000);
    await buy(page, demo, CARDS.pays);
    const file = await closeDay(page, demo, { faults: ['One fee is 1.00 too high'] });
    await signIn(page, demo.analyst);
    await takeIn(page, file);
    await page.goto('/console');
    const focused = page.locator(':focus');
    const tabTo = async (name: string | RegExp) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const found = page.getByText(name).or(page.getByLabel(name)).and(focused);
        if ((await found.count()) > 0) return;
      }
      throw new Error(`the tabulator never came to ${name}`);
    };

    await page.keyboard.press('Tab');
    await expect(focused).toHaveText('Skip to content');
    await tabTo('Mismatches');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Mismatches' })).toBeVisible();
    await tabTo('Fee differs');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: /^Fee differs/ })).toBeVisible();
    await tabTo('Accept the fee');
    await page.keyboard.press('Space');
    await tabTo('Preview what it does');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: /^Preview/ })).toBeVisible();
    await tabTo('Reason');
    await page.keyboard.type('Agreed with the processor by telephone');
    await tabTo('Resolve');
    await page.keyboard.press('Enter');

    await expect(page.getByText('Resolved. The books have changed as previewed.')).toBeVisible();
  });
});

test('a file that was cut off is refused as a whole, with the line', async ({ page, demo, look }) => {
  const { name, text } = await closeDay(page, demo, { day: daysAgo(2) });
  await signIn(page, demo.analyst);

  await takeIn(page, { name, text: text.slice(0, text.indexOf('END,')) });

  await expect(page.getByRole('alert')).toContainText('The file was refused as a whole');
  await expect(page.getByRole('alert')).toContainText(`${name}:2: the file was cut off`);
  await expect(fact(page, 'State')).toHaveText('Refused');
  await look('file-refused');
});

test('a file of another format is refused as a whole', { tag: '@once' }, async ({ page, demo }) => {
  await signIn(page, demo.analyst);

  await takeIn(page, { name: 'photographs.csv', text: 'name,size\nmountain.jpg,12\n' });

  await expect(page.getByRole('alert')).toContainText('The file was refused as a whole');
  await expect(fact(page, 'State')).toHaveText('Refused');
});

test('an empty file is refused beside its field', async ({ page, demo, look }) => {
  await signIn(page, demo.analyst);

  await takeIn(page, { name: 'empty.csv', text: '' });

  const field = page.getByLabel('Settlement file', { exact: true });
  await expect(field).toHaveAccessibleDescription(/The file is empty\.$/);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await look('files-refused');
});

test('the same file twice changes nothing and says so', async ({ page, demo }) => {
  const file = await closeDay(page, demo, { day: daysAgo(3) });
  await signIn(page, demo.analyst);
  await takeIn(page, file);
  await expect(page.getByText('The file was taken in and compared with the books.')).toBeVisible();
  const report = page.url().split('?')[0] ?? '';

  await takeIn(page, file);

  await expect(page.getByText('This very file was taken in before.')).toBeVisible();
  expect(page.url().split('?')[0]).toBe(report);
});

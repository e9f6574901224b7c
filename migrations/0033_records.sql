-- Records of money are kept for as long as the installation is: at least the seven years and more that the
-- law asks for. Rows that change in place are kept too, beside the append-only ones: nobody removes them,
-- also not by a mistake in a job that cleans up. It costs nothing where nothing is removed.

create trigger attempt_stays before delete or truncate on attempt
    for each statement execute function refuse_removal();
create trigger refund_stays before delete or truncate on refund
    for each statement execute function refuse_removal();
create trigger dispute_stays before delete or truncate on dispute
    for each statement execute function refuse_removal();
create trigger share_stays before delete or truncate on share
    for each statement execute function refuse_removal();
create trigger reserve_stays before delete or truncate on reserve
    for each statement execute function refuse_removal();
create trigger settlement_file_stays before delete or truncate on settlement_file
    for each statement execute function refuse_removal();
create trigger settlement_line_stays before delete or truncate on settlement_line
    for each statement execute function refuse_removal();
create trigger refused_file_stays before delete or truncate on refused_file
    for each statement execute function refuse_removal();
create trigger refused_line_stays before delete or truncate on refused_line
    for each statement execute function refuse_removal();
create trigger settlement_balance_stays before delete or truncate on settlement_balance
    for each statement execute function refuse_removal();
create trigger line_match_stays before delete or truncate on line_match
    for each statement execute function refuse_removal();
create trigger mismatch_stays before delete or truncate on mismatch
    for each statement execute function refuse_removal();
create trigger adjustment_stays before delete or truncate on adjustment
    for each statement execute function refuse_removal();
create trigger payout_account_stays before delete or truncate on payout_account
    for each statement execute function refuse_removal();
create trigger payee_account_stays before delete or truncate on payee_account
    for each statement execute function refuse_removal();
create trigger payout_stays before delete or truncate on payout
    for each statement execute function refuse_removal();
create trigger bank_report_stays before delete or truncate on bank_report
    for each statement execute function refuse_removal();
create trigger payout_booking_stays before delete or truncate on payout_booking
    for each statement execute function refuse_removal();

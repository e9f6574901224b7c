-- Room in the pages of attempts: each is written when its call begins and again when it ends. With
-- room beside it the second version needs no entry in any index.

alter table attempt set (fillfactor = 70);

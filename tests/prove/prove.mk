# The proof that the fast paths and their C twins do the same. Included by the top-level Makefile.
.PHONY: prove
prove: ## the fast paths proved equal to their C twins, for all states, on the kernel's machine code; ONLY='call wait', VARIANT=kpti, MUTANTS=1 refutes mutants
	@scripts/setup.sh build test >&2
	+@$(SUBMAKE) $(BUILD)/baton.elf $(EQUIV) >&2
	@/usr/bin/python3 -m tests.prove.prove --image $(BUILD)/baton.elf $(addprefix --variant ,$(VARIANT)) $(ONLY) $(if $(filter 1,$(MUTANTS)),--mutants)

class ReadOnly:
    """What the engine writes is not for editing by hand."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        # Never on its own pages; from its owner's, it goes with them.
        own_pages = f"{self.opts.app_label}_{self.opts.model_name}_"
        at = request.resolver_match.url_name or ""
        return not at.startswith(own_pages) and super().has_delete_permission(request, obj)

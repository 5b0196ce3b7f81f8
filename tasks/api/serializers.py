from rest_framework import serializers

from tasks.models import Attempt, State, Task


class AttemptSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attempt
        fields = ["number", "started_at", "ended_at", "outcome", "resends"]


class TaskSerializer(serializers.ModelSerializer):
    """As `Task.to_dict()` says it, and when it was."""

    state = serializers.ChoiceField(State.choices, read_only=True)
    description = serializers.CharField(read_only=True, help_text="In your language.")
    phase = serializers.CharField(
        source="phase_label", read_only=True, help_text="What is being done now; in your language."
    )
    progress = serializers.IntegerField(
        read_only=True, min_value=0, max_value=100, help_text="Percent; 100 only of success."
    )
    rate = serializers.FloatField(
        read_only=True, allow_null=True, help_text="How many are done in a second."
    )
    eta_seconds = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="How long it takes until all is done."
    )
    position = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Its place in the queue, from 1."
    )
    interrupted = serializers.BooleanField(
        source="is_interrupted",
        read_only=True,
        help_text="Whether its worker was lost, and another one goes on with it.",
    )
    retry_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it is tried again by itself."
    )
    error = serializers.SerializerMethodField(
        help_text="Why it failed, also when it is to be tried again; in your language."
    )

    class Meta:
        model = Task
        fields = [
            "id",
            "job",
            "description",
            "state",
            "phase",
            "done",
            "total",
            "progress",
            "rate",
            "eta_seconds",
            "position",
            "interrupted",
            "retry_at",
            "error",
            "created_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_error(self, task) -> str | None:
        return str(task.reason_label) or None


class WholeTask(TaskSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(TaskSerializer.Meta):
        fields = [*TaskSerializer.Meta.fields, "attempts"]

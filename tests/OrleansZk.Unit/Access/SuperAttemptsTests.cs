using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Access;
using OrleansZk.Core.Diagnostics;

namespace OrleansZk.Unit.Access;

/// <summary>Who tries to be the super user is counted, and logged without a flood.</summary>
public sealed class SuperAttemptsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Lines _log = new();

    [Fact]
    public void Right_and_wrong_passwords_are_counted_and_others_are_not()
    {
        var attempts = new SuperAttempts(EngineSettings.DigestId(EngineSettings.SuperPassword), _clock, _log);
        foreach (string credentials in (string[])[EngineSettings.SuperPassword, "super:wrong", "super:", "superb:secret", "other:secret", "super"])
        {
            attempts.Note("10.0.0.1:1", EngineSettings.Digest.Authenticate(Encoding.UTF8.GetBytes(credentials)));
        }

        attempts.Note("10.0.0.1:1", null);
        (attempts.Succeeded, attempts.Failed).ShouldBe((1, 3));
    }

    [Fact]
    public void Without_such_a_user_nobody_is_counted()
    {
        foreach (string? none in (string?[])[null, ""])
        {
            var attempts = new SuperAttempts(none, _clock, _log);
            attempts.Note("10.0.0.1:1", EngineSettings.Digest.Authenticate("super:x"u8));
            (attempts.Succeeded, attempts.Failed).ShouldBe((0, 0));
        }
    }

    [Fact]
    public void Thousands_of_attempts_are_two_lines()
    {
        var attempts = new SuperAttempts(EngineSettings.DigestId(EngineSettings.SuperPassword), _clock, _log);
        for (int i = 0; i < 5000; i++)
        {
            attempts.Note("10.0.0.1:1", EngineSettings.Digest.Authenticate("super:wrong"u8));
        }

        _clock.Advance(RepeatedEvent.Interval);
        attempts.Note("10.0.0.2:1", EngineSettings.Digest.Authenticate("super:wrong"u8));

        _log.ShouldBe(
        [
            "10.0.0.1:1 has named the super user with a wrong password; 1 such attempts since this was logged last",
            "10.0.0.2:1 has named the super user with a wrong password; 5000 such attempts since this was logged last",
        ]);
    }

    private sealed class Lines : List<string>, ILogger<SuperAttempts>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add(formatter(state, exception));
    }
}
